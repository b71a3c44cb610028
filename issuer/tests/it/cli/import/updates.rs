//! Importing again after users changed, in Django and here.

use issuer::storage::{self, ChangeError};
use issuer::users::{
    ADMIN_ROLE, Changes, DEFAULT_ROLE, ImportOptions, ImportedUser, LastAdministrator,
    PasswordHash, Profile,
};
use tokio::runtime::Runtime;

use super::{HASH, Move, OTHER_HASH};
use crate::cli::program::{Server, fails, login, succeeds};
use crate::database::TestDatabase;
use crate::http::request;

#[test]
fn users_who_changed_in_django_are_named_and_updated_on_request() {
    let django = Move::new();
    for (id, name) in
        [("1", "'stays'"), ("2", "'leaves'"), ("3", "'old'"), ("4", "'rises'"), ("5", "'gone'")]
    {
        django.add(id, name);
    }
    succeeds(&django.import(&[]));
    let server = Server::start(&django.dir, &[]);
    let status = |name: &str, password: &str| login(server.address, name, password).status;
    // A login replaces their hashes by the issuer's, which does not count as a change.
    let session = login(server.address, "leaves", "testpass123").text("refresh");
    assert_eq!([status("stays", "testpass123"), status("rises", "testpass123")], [200, 200]);
    let again = succeeds(&django.import(&[]));
    assert_eq!(again, "imported 0 users, 5 were there already\n");

    django.sql("UPDATE auth_user SET is_active = FALSE WHERE id = 2");
    django.sql("UPDATE auth_user SET username = 'new', email = 'new@example.com' WHERE id = 3");
    django.sql(&format!(
        "UPDATE auth_user SET password = '{OTHER_HASH}', is_superuser = TRUE WHERE id = 4"
    ));
    django.sql("DELETE FROM auth_user WHERE id = 5");
    django.add("6", "'sixth'");
    let said = succeeds(&django.import(&[]));
    assert!(
        said.starts_with("imported 1 users, 4 were there already\n"),
        "a rename does not stop the import of others: {said}"
    );
    for line in [
        "the user \"leaves\" (id 2) differs from Django's in: is_active\n",
        "the user \"old\" (id 3) differs from Django's in: username, email\n",
        "the user \"rises\" (id 4) differs from Django's in: password, is_superuser\n",
        "the user \"gone\" (id 5) is not in Django's table: `issuer users deactivate` keeps it \
         out\n",
        "`issuer users import --update` takes Django's values",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(said.lines().count(), 6, "{said}");
    assert_eq!(
        [status("leaves", "testpass123"), status("old", "testpass123")],
        [200, 200],
        "nothing was changed"
    );

    let said = succeeds(&django.import(&["--update"]));
    for line in [
        "the user \"leaves\" (id 2) got Django's is_active\n",
        "the user \"old\" (id 3) got Django's username, email\n",
        "the user \"rises\" (id 4) got Django's password, is_superuser\n",
        "the user \"gone\" (id 5) is not in Django's table",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let refresh = serde_json::json!({ "refresh": session });
    let refresh = request("POST", "/api/token/refresh/").json(refresh).send(server.address);
    assert_eq!(refresh.status, 401, "the sessions of who was deactivated have ended");
    for (name, password, expected) in [
        ("leaves", "testpass123", 401),
        ("old", "testpass123", 401),
        ("new", "testpass123", 200),
        ("rises", "testpass123", 401),
        ("rises", "other-pass-9", 200),
        ("stays", "testpass123", 200),
        ("gone", "testpass123", 200),
    ] {
        assert_eq!(status(name, password), expected, "{name}");
    }
    assert!(
        django.list().contains(&"4 rises a@example.com admin true true".to_owned()),
        "{:?}",
        django.list()
    );
    succeeds(&django.dir.run(&["users", "deactivate", "gone"]));
    assert_eq!(succeeds(&django.import(&["--update"])), "imported 0 users, 5 were there already\n");
    server.signal("TERM");
    server.wait();
}

#[test]
fn what_was_changed_here_is_not_undone_without_a_change_in_django() {
    let django = Move::new();
    django.add("1", "'user'");
    succeeds(&django.import(&[]));
    succeeds(&django.dir.run(&["users", "set-role", "user", "editor"]));
    let set = ["users", "set-password", "user", "--password-stdin"];
    succeeds(&django.dir.run_with_input(&set, "a-new-password"));
    assert_eq!(succeeds(&django.import(&["--update"])), "imported 0 users, 1 were there already\n");
    let server = Server::start(&django.dir, &[]);
    assert_eq!(login(server.address, "user", "a-new-password").status, 200);
    server.signal("TERM");
    server.wait();
    assert_eq!(django.list(), ["1 user a@example.com editor true true"]);
}

#[test]
fn names_that_go_round_are_taken_and_a_name_of_another_stops_only_its_user() {
    let django = Move::new();
    for (id, name) in [("1", "'a'"), ("2", "'b'"), ("3", "'c'")] {
        django.add(id, name);
    }
    succeeds(&django.import(&[]));
    let create = ["users", "create", "--username", "local", "--password-stdin"];
    succeeds(&django.dir.run_with_input(&create, "pass-phrase-9"));
    let rename = |names: [&str; 3]| {
        for (id, name) in (1..).zip(names) {
            django.sql(&format!("UPDATE auth_user SET username = '{name}' WHERE id = {id}"));
        }
    };
    rename(["b", "c", "a"]);
    succeeds(&django.import(&["--update"]));
    let names = || {
        django
            .list()
            .iter()
            .map(|line| line.split(' ').nth(1).unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["b", "c", "a", "local"]);

    // The third user cannot be renamed, as the name is taken, so the second cannot get the name of
    // the third.
    rename(["d", "a", "local"]);
    django.add("9", "'c'");
    django.add("10", "'tenth'");
    let output = django.import(&["--update"]);
    let line = fails(&output);
    assert!(line.contains("names of 3 users belong to others here"), "{line}");
    let said = String::from_utf8(output.stdout).expect("text");
    for line in [
        "imported 1 users, 3 were there already\n",
        "the user \"b\" (id 1) got Django's username\n",
        "the user 2 of Django's cannot have the name \"a\": it is the user 3's\n",
        "the user 3 of Django's cannot have the name \"local\": it is the user 4's\n",
        "the user 9 of Django's cannot have the name \"c\": it is the user 2's\n",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(names(), ["d", "c", "a", "local", "tenth"]);
    django.sql("UPDATE auth_user SET username = 'c' WHERE id = 3");
    django.sql("UPDATE auth_user SET username = 'ninth' WHERE id = 9");
    succeeds(&django.import(&["--update"]));
    assert_eq!(names(), ["d", "a", "c", "local", "ninth", "tenth"]);
}

#[test]
fn an_id_of_somebody_else_stops_the_import() {
    let django = Move::new();
    let create = ["users", "create", "--username", "local", "--password-stdin"];
    succeeds(&django.dir.run_with_input(&create, "pass-phrase-9"));
    for (id, name) in [("1", "'one'"), ("2", "'two'")] {
        django.add(id, name);
    }
    for arguments in [&[][..], &["--update"], &["--adopt"]] {
        let line = fails(&django.import(arguments));
        assert!(
            line.contains("the user \"one\" (id 1) cannot be imported, another user has that id;"),
            "{line}"
        );
        assert!(line.contains("--adopt"), "{line}");
        assert_eq!(django.list(), ["1 local instructor true true"]);
    }
}

#[test]
fn an_update_leaves_the_last_administrator_unless_it_is_forced() {
    for (change, kept, after) in [
        ("is_superuser = FALSE", "is_superuser", "instructor true true"),
        ("is_active = FALSE", "is_active", "admin true false"),
        (
            "is_active = FALSE, is_superuser = FALSE",
            "is_active, is_superuser",
            "instructor true false",
        ),
    ] {
        let django = Move::new();
        for (id, name) in [("1", "'boss'"), ("2", "'lee'")] {
            django.add(id, name);
        }
        django.sql("UPDATE auth_user SET is_superuser = TRUE WHERE id = 1");
        succeeds(&django.import(&[]));
        django
            .sql(&format!("UPDATE auth_user SET email = 'new@example.com', {change} WHERE id = 1"));
        // The second import must not have forgotten what the first one left out.
        for got_email in [true, false] {
            let output = django.import(&["--update"]);
            let line = fails(&output);
            assert!(
                line.contains("the last active administrator")
                    && line.contains("all else is stored"),
                "{line}"
            );
            let said = said(output);
            let keeps = format!(
                "the user \"boss\" (id 1) is the last active administrator and keeps its {kept}: "
            );
            assert!(said.contains(&keeps) && said.contains("--force"), "{said}");
            assert_eq!(
                said.contains("the user \"boss\" (id 1) got Django's email\n"),
                got_email,
                "{said}"
            );
            assert_eq!(django.list()[0], "1 boss new@example.com admin true true", "{change}");
        }
        let said = succeeds(&django.import(&["--update", "--force"]));
        assert!(
            said.contains(&format!("the user \"boss\" (id 1) got Django's {kept}\n")),
            "{said}"
        );
        assert_eq!(django.list()[0], format!("1 boss new@example.com {after}"));
    }
}

#[test]
fn an_update_takes_administrators_as_long_as_another_one_is_left() {
    let django = Move::new();
    for (id, name) in [("1", "'one'"), ("2", "'two'"), ("3", "'three'")] {
        django.add(id, name);
    }
    let superusers = |ids: &str| {
        django.sql("UPDATE auth_user SET is_superuser = FALSE");
        django.sql(&format!("UPDATE auth_user SET is_superuser = TRUE WHERE id IN ({ids})"));
    };
    let roles = || {
        django
            .list()
            .iter()
            .map(|line| line.split(' ').nth(3).unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    superusers("1, 2");
    succeeds(&django.import(&[]));
    // The same import makes another user an administrator, an existing or a new one.
    superusers("3");
    succeeds(&django.import(&["--update"]));
    assert_eq!(roles(), ["instructor", "instructor", "admin"]);
    django.add("4", "'four'");
    superusers("4");
    succeeds(&django.import(&["--update"]));
    assert_eq!(roles(), ["instructor", "instructor", "instructor", "admin"]);
    // No successor: one of several administrators stays.
    superusers("1, 2, 3, 4");
    succeeds(&django.import(&["--update"]));
    django.sql("UPDATE auth_user SET is_superuser = FALSE");
    fails(&django.import(&["--update"]));
    assert_eq!(roles(), ["instructor", "instructor", "instructor", "admin"]);
    // An administrator of the issuer's own is enough.
    let create = [
        "users",
        "create",
        "--username",
        "local",
        "--email",
        "l@x.y",
        "--role",
        "admin",
        "--password-stdin",
    ];
    succeeds(&django.dir.run_with_input(&create, "pass-phrase-9"));
    succeeds(&django.import(&["--update"]));
    assert_eq!(roles(), ["instructor", "instructor", "instructor", "instructor", "admin"]);
}

/// A change of one administrator and an import that demotes the other run at the same moment.
#[test]
fn an_update_and_another_change_leave_an_administrator_together() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let database = TestDatabase::create().await;
        // Two processes: `serve`, and the import.
        let storage = storage::open(&database.url()).await.expect("it opens");
        let importer = storage::open(&database.url()).await.expect("it opens");
        let django = |role: &str| {
            let profile = Profile { role: role.to_owned(), ..Profile::new("theirs") };
            [ImportedUser {
                id: 1,
                record: profile.with_password(PasswordHash::from_encoded(HASH.to_owned()), 0),
            }]
        };
        let options = ImportOptions { update: true, ..ImportOptions::default() };
        let import = async |role: &str| {
            importer.import_users(&django(role), options, 0).await.expect("an import")
        };
        import(ADMIN_ROLE).await;
        let local =
            Profile::new("local").with_password(PasswordHash::from_encoded(HASH.to_owned()), 0);
        let local = storage.insert_user(&local).await.expect("a new user").id;
        let set_role = async |id, role: &str, last_administrator| {
            let changes =
                Changes { role: Some(role.to_owned()), last_administrator, ..Changes::default() };
            storage.update_user(id, &changes, 0).await
        };
        for round in 0..40 {
            set_role(local, ADMIN_ROLE, LastAdministrator::Stays).await.expect("a change");
            import(ADMIN_ROLE).await;
            let (report, change) = tokio::join!(
                import(DEFAULT_ROLE),
                set_role(local, DEFAULT_ROLE, LastAdministrator::Stays)
            );
            let is_refused = matches!(change, Err(ChangeError::LastAdministrator));
            assert!(is_refused || change.is_ok(), "round {round}: {change:?}");
            assert!(
                is_refused != report.retained_administrator.is_some(),
                "round {round}: {report:?}"
            );
        }
        storage.close().await;
        importer.close().await;
        database.remove().await;
    });
}

#[test]
fn every_value_changed_here_stays_until_django_changes_it() {
    let django = Move::new();
    for (id, name) in [("1", "'boss'"), ("2", "'lee'"), ("3", "'ann'"), ("4", "'local'")] {
        django.add(id, name);
    }
    django.sql("UPDATE auth_user SET is_superuser = TRUE WHERE id IN (1, 4)");
    succeeds(&django.import(&[]));
    succeeds(&django.dir.run(&["users", "set-role", "boss", "user"]));
    succeeds(&django.dir.run(&["users", "set-role", "ann", "admin"]));
    succeeds(&django.dir.run(&["users", "deactivate", "lee"]));
    django.ours(
        "UPDATE users SET email = 'here@example.com', first_name = 'Here', last_name = \
         'Now' WHERE id = 4",
    );
    let list = [
        "1 boss a@example.com user true true",
        "2 lee a@example.com instructor true false",
        "3 ann a@example.com admin true true",
        "4 local here@example.com admin true true",
    ];
    let here = "imported 0 users, 4 were there already\n\
        the user \"boss\" (id 1) was changed here in: is_superuser\n\
        the user \"lee\" (id 2) was changed here in: is_active\n\
        the user \"ann\" (id 3) was changed here in: is_superuser\n\
        the user \"local\" (id 4) was changed here in: email, first_name, last_name\n";
    for arguments in [&[][..], &["--update"], &["--update"]] {
        assert_eq!(succeeds(&django.import(arguments)), here, "{arguments:?}");
        assert_eq!(django.list(), list);
    }

    // Another change in Django does not overwrite local changes.
    django.sql("UPDATE auth_user SET email = 'new@example.com'");
    let said = succeeds(&django.import(&["--update"]));
    assert!(said.contains("the user \"lee\" (id 2) got Django's email\n"), "{said}");
    assert!(said.contains("the user \"lee\" (id 2) was changed here in: is_active\n"), "{said}");
    assert!(
        said.contains("the user \"local\" (id 4) was changed here in: first_name, last_name\n"),
        "{said}"
    );
    assert_eq!(django.list(), list.map(|line| line.replace("a@", "new@").replace("here@", "new@")));
    let shown = succeeds(&django.dir.run(&["users", "show", "local"]));
    assert!(shown.contains("\"Here\"") && shown.contains("\"Now\""), "{shown}");

    // Django sets the same value and then changes it: the change is applied.
    django.sql("UPDATE auth_user SET is_superuser = FALSE WHERE id = 1");
    django.sql("UPDATE auth_user SET is_active = FALSE WHERE id = 2");
    let said = succeeds(&django.import(&["--update"]));
    assert!(!said.contains("(id 1)") && !said.contains("(id 2)"), "{said}");
    django.sql("UPDATE auth_user SET is_superuser = TRUE WHERE id = 1");
    django.sql("UPDATE auth_user SET is_active = TRUE WHERE id = 2");
    let said = succeeds(&django.import(&["--update"]));
    assert!(said.contains("the user \"boss\" (id 1) got Django's is_superuser\n"), "{said}");
    assert!(said.contains("the user \"lee\" (id 2) got Django's is_active\n"), "{said}");
    assert_eq!(
        django.list()[..2],
        ["1 boss new@example.com admin true true", "2 lee new@example.com instructor true true"]
    );
}

/// The standard output of a command that failed.
fn said(output: std::process::Output) -> String {
    String::from_utf8(output.stdout).expect("text")
}
