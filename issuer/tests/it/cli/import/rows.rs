//! Rows whose values cannot be stored, and those that are imported.

use super::Move;
use crate::cli::program::{Server, fails, login, succeeds};
use crate::http::request;

#[test]
fn ids_that_are_no_integers_are_refused_with_their_row() {
    for (kind, ids) in [
        ("VARCHAR(36) PRIMARY KEY", &["'A-17'", "'42nd'", "'1f0e8d5c'", "'17'"][..]),
        ("NUMERIC(20, 2) PRIMARY KEY", &["1.5", "4.75"]),
        ("DOUBLE PRECISION PRIMARY KEY", &["1.5", "1e300"]),
    ] {
        for id in ids {
            let django = Move::with_ids(kind);
            django.add(id, "'one'");
            let line = fails(&django.import(&[]));
            let shown = id.trim_matches('\'');
            assert!(
                line.contains("the row with the id \"") && line.contains("of the type"),
                "{line}"
            );
            assert!(id.contains('e') || line.contains(shown), "{line}");
            assert!(line.ends_with("nothing was stored"), "{line}");
            assert_eq!(django.list().len(), 0, "{line}");
        }
    }
    if !Move::new().is_sqlite() {
        let django = Move::with_ids("UUID PRIMARY KEY");
        django.add("'1f0e8d5c-0000-4000-8000-000000000000'", "'one'");
        assert!(fails(&django.import(&[])).contains("its id is of the type uuid"));
    }
}

#[test]
fn ids_that_would_become_others_on_the_way_are_refused() {
    for id in ["-1", "9007199254740992", "9223372036854775807", "NULL"] {
        let django = Move::with_ids("BIGINT");
        django.add("7", "'seven'");
        django.add(id, "'one'");
        let line = fails(&django.import(&[]));
        assert!(line.contains("its id is"), "{line}");
        assert!(
            line.contains(&format!("the id \"{id}\""))
                || line.contains("the row of the user \"one\""),
            "{line}"
        );
        assert_eq!(django.list().len(), 0, "all or none: {line}");
    }
    let django = Move::with_ids("BIGINT");
    django.add("7", "'one'");
    django.add("7", "'two'");
    django.add("-3", "'three'");
    let line = fails(&django.import(&[]));
    assert!(line.contains("(and 1 row more)"), "{line}");
    django.sql("DELETE FROM auth_user WHERE id = -3");
    assert!(
        fails(&django.import(&[]))
            .contains("the row with the id \"7\": another row has the same id")
    );
}

#[test]
fn every_user_is_listed_and_works_from_the_lowest_id_on() {
    let django = Move::new();
    for (id, name) in [("0", "'zero'"), ("1", "'one'"), ("9007199254740990", "'last'")] {
        django.add(id, name);
    }
    assert!(succeeds(&django.import(&[])).starts_with("imported 3 users, 0 were there already\n"));
    let list = django.list();
    assert_eq!(list.len(), 3, "{list:?}");
    assert!(
        list[0].starts_with("0 zero ") && list[2].starts_with("9007199254740990 last "),
        "{list:?}"
    );
    let server = Server::start(&django.dir, &[]);
    let tokens = login(server.address, "zero", "testpass123");
    assert_eq!(tokens.json()["user"]["id"], 0);
    assert_eq!(
        request("GET", "/api/users/me/").bearer(&tokens.text("access")).send(server.address).json()
            ["id"],
        0
    );
    server.signal("TERM");
    server.wait();
    let created = ["users", "create", "--username", "new", "--password-stdin"];
    let created = succeeds(&django.dir.run_with_input(&created, "pass-phrase-9"));
    assert!(created.contains("(id 9007199254740991)"), "the next id is free: {created}");
}

#[test]
fn values_that_would_change_are_refused_with_their_row() {
    let bad = |django: &Move, set: &str, says: &str| {
        django.sql("DELETE FROM auth_user");
        django.add("5", "'five'");
        django.sql(&format!("UPDATE auth_user SET {set}"));
        let line = fails(&django.import(&[]));
        assert!(
            line.contains("the row with the id \"5\": ") && line.contains(says),
            "{set}: {line}"
        );
        assert_eq!(django.list().len(), 0);
    };
    let django = Move::new();
    bad(&django, "username = NULL", "its username is NULL, expected text");
    if !django.is_sqlite() {
        bad(
            &django,
            "date_joined = 'infinity'",
            "its date_joined is \"Infinity\", expected a date and time",
        );
        return;
    }
    for (set, says) in [
        ("username = x'ff00'", "its username is of the type blob, expected text"),
        ("email = CAST(x'ff' AS TEXT)", "its email is not UTF-8"),
        ("last_name = 'a' || char(0) || 'b'", "its last_name holds a NUL character"),
        ("is_active = 'yes'", "its is_active is \"yes\", expected true or false"),
        ("is_superuser = 2", "its is_superuser is \"2\", expected true or false"),
        ("date_joined = 'yesterday'", "its date_joined is \"yesterday\", expected a date and time"),
        ("date_joined = 1730277600", "its date_joined is \"1730277600\", expected a date and time"),
    ] {
        bad(&django, set, says);
    }
}

#[test]
fn null_columns_are_empty_on_both_databases() {
    let django = Move::new();
    django.sql("INSERT INTO auth_user (id, username, is_active) VALUES (1, 'bare', TRUE)");
    django.sql("INSERT INTO auth_user (id, username) VALUES (2, 'barest')");
    let said = succeeds(&django.import(&[]));
    assert!(said.starts_with("imported 2 users, 0 were there already\n"), "{said}");
    assert!(said.contains("the user \"bare\" has no password that can be checked"), "{said}");
    assert_eq!(django.list(), ["1 bare instructor true true", "2 barest instructor true false"]);
    let shown: serde_json::Value =
        serde_json::from_str(&succeeds(&django.dir.run(&["users", "show", "bare"]))).expect("JSON");
    assert_eq!((&shown["email"], &shown["first_name"]), (&"".into(), &"".into()), "{shown}");
    let again = succeeds(&django.import(&[]));
    assert!(
        again.contains("0 users, 2 were there already") && !again.contains("differs"),
        "{again}"
    );
}
