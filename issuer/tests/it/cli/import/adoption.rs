//! Users of releases that did not record what they imported.

use super::{Move, OTHER_HASH};
use crate::cli::program::{Server, fails, login, succeeds};

#[test]
fn users_not_known_to_have_been_imported_are_left_until_they_are_adopted() {
    let django = Move::new();
    for (id, name) in [("1", "'same'"), ("2", "'old'"), ("3", "'lee'")] {
        django.add(id, name);
    }
    succeeds(&django.import(&[]));
    let set = ["users", "set-password", "same", "--password-stdin"];
    succeeds(&django.dir.run_with_input(&set, "a-new-password"));
    django.forget_imports();
    django.sql("UPDATE auth_user SET username = 'new' WHERE id = 2");
    django.sql("UPDATE auth_user SET email = 'new@example.com', is_active = FALSE WHERE id = 3");
    django.add("4", "'fourth'");
    let list = [
        "1 same a@example.com instructor true true",
        "2 old a@example.com instructor true true",
        "3 lee a@example.com instructor true true",
        "4 fourth a@example.com instructor true true",
    ];
    for arguments in [&[][..], &["--update"]] {
        let said = succeeds(&django.import(arguments));
        for line in [
            "the user \"same\" (id 1) is not known to have been imported\n",
            "the user \"old\" (id 2) is not known to have been imported; it differs from Django's \
             in: username\n",
            "the user \"lee\" (id 3) is not known to have been imported; it differs from Django's \
             in: email, is_active\n",
            "`issuer users import --adopt` ",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert_eq!(django.list(), list);
    }

    let here = "the user \"old\" (id 2) was changed here in: username\n\
        the user \"lee\" (id 3) was changed here in: email, is_active\n";
    let adopted = "imported 0 users, 4 were there already\n\
        adopted the user \"same\" (id 1)\n\
        adopted the user \"old\" (id 2)\n\
        adopted the user \"lee\" (id 3)\n";
    assert_eq!(succeeds(&django.import(&["--adopt"])), format!("{adopted}{here}"));
    assert_eq!(django.list(), list);
    for arguments in [&["--adopt"][..], &["--update"]] {
        let said = succeeds(&django.import(arguments));
        assert_eq!(
            said,
            format!("imported 0 users, 4 were there already\n{here}"),
            "{arguments:?}"
        );
        assert_eq!(django.list(), list);
    }

    let server = Server::start(&django.dir, &[]);
    assert_eq!(login(server.address, "same", "a-new-password").status, 200);
    // What Django changes from now on is applied, and nothing else.
    django.sql("UPDATE auth_user SET last_name = 'Lee', email = 'newer@example.com' WHERE id = 3");
    django.sql("UPDATE auth_user SET username = 'newest' WHERE id = 2");
    django.sql(&format!("UPDATE auth_user SET password = '{OTHER_HASH}' WHERE id = 1"));
    let said = succeeds(&django.import(&["--update"]));
    for line in [
        "the user \"same\" (id 1) got Django's password\n",
        "the user \"old\" (id 2) got Django's username\n",
        "the user \"lee\" (id 3) got Django's email, last_name\n",
        "the user \"lee\" (id 3) was changed here in: is_active\n",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(said.lines().count(), 5, "{said}");
    assert_eq!(login(server.address, "same", "other-pass-9").status, 200);
    server.signal("TERM");
    server.wait();
    assert_eq!(
        django.list()[1..3],
        [
            "2 newest a@example.com instructor true true",
            "3 lee newer@example.com instructor true true"
        ]
    );
    django.sql("DELETE FROM auth_user WHERE id = 1");
    assert!(
        succeeds(&django.import(&[])).contains("the user \"same\" (id 1) is not in Django's table")
    );
}

#[test]
fn adopting_gives_no_id_to_another_person() {
    let django = Move::new();
    for (id, name) in [("1", "'kept'"), ("2", "'old'")] {
        django.add(id, name);
    }
    succeeds(&django.import(&[]));
    django.forget_imports();
    // The same name suffices, and so does the same date.
    django.sql("UPDATE auth_user SET date_joined = '2020-01-01 00:00:00' WHERE id = 1");
    django.sql(
        "UPDATE auth_user SET username = 'new', date_joined = '2020-01-01 00:00:00' WHERE id = 2",
    );
    django.add("3", "'third'");
    let list = django.list();
    for arguments in [&[][..], &["--update"], &["--adopt"], &["--adopt", "--update"]] {
        let line = fails(&django.import(arguments));
        assert!(
            line.contains("the user \"new\" (id 2) cannot be imported, another user has that id"),
            "{line}"
        );
        assert!(
            line.contains("--adopt takes the same id with the same username or date_joined"),
            "{line}"
        );
        assert_eq!(django.list(), list, "all or none");
    }
    django.sql("UPDATE auth_user SET date_joined = '2024-10-30 08:40:00' WHERE id = 2");
    let said = succeeds(&django.import(&["--adopt", "--update"]));
    assert!(
        said.contains("adopted the user \"kept\" (id 1)\nadopted the user \"old\" (id 2)\n"),
        "{said}"
    );
    assert_eq!(django.list()[..2], list, "Django's values of now count as imported");
}

#[test]
fn an_import_that_recorded_passwords_only_is_taken_up() {
    let django = Move::new();
    for (id, name) in [("1", "'same'"), ("2", "'old'"), ("3", "'lee'")] {
        django.add(id, name);
    }
    succeeds(&django.import(&[]));
    // As it ran between migrations 0005 and 0006.
    django.ours("UPDATE users SET imported_record = NULL");
    succeeds(&django.dir.run(&["users", "deactivate", "lee"]));
    django.sql(
        "UPDATE auth_user SET username = 'new', date_joined = '2020-01-01 00:00:00' WHERE id = 2",
    );
    django.sql(&format!("UPDATE auth_user SET password = '{OTHER_HASH}' WHERE id = 3"));
    let unknown = "the last import of the user \"old\" (id 2) is not recorded; it differs from Django's in: username\n\
        the last import of the user \"lee\" (id 3) is not recorded; it differs from Django's in: \
        is_active\n";
    let said = succeeds(&django.import(&[]));
    assert!(
        said.contains("the user \"lee\" (id 3) differs from Django's in: password\n"),
        "{said}"
    );
    assert!(said.contains(unknown) && said.contains("`issuer users import --adopt` "), "{said}");
    let said = succeeds(&django.import(&["--update"]));
    assert!(
        said.contains("the user \"lee\" (id 3) got Django's password\n") && said.contains(unknown),
        "{said}"
    );
    let list = [
        "1 same a@example.com instructor true true",
        "2 old a@example.com instructor true true",
        "3 lee a@example.com instructor true false",
    ];
    assert_eq!(django.list(), list);
    // The update found no difference in the first, which settles what was imported.
    let adopted = "imported 0 users, 3 were there already\n\
        adopted the user \"old\" (id 2)\n\
        adopted the user \"lee\" (id 3)\n\
        the user \"old\" (id 2) was changed here in: username\n\
        the user \"lee\" (id 3) was changed here in: is_active\n";
    assert_eq!(
        succeeds(&django.import(&["--adopt"])),
        adopted,
        "who was imported is known by the id"
    );
    assert_eq!(django.list(), list);
}
