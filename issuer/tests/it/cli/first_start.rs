//! Several processes that start at once on a new database.

use std::process::Stdio;

use super::program::{Server, WorkingDirectory, succeeds};
use crate::database::TestDatabase;

#[test]
fn processes_that_start_at_once_on_a_new_database_wait_for_each_other() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for _ in 0..3 {
        let mut dir = WorkingDirectory::with_keys();
        let database = runtime.block_on(TestDatabase::create());
        dir.set_database(database.url());
        let children: Vec<_> = (0..6)
            .map(|_| {
                let mut command = dir.command(&["flush-expired"]);
                command
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .expect("the binary runs")
            })
            .collect();
        let servers: Vec<_> = (0..2).map(|_| Server::start(&dir, &[])).collect();
        for child in children {
            let said = succeeds(&child.wait_with_output().expect("it ends"));
            assert_eq!(said, "deleted 0 expired sessions\n");
        }
        for server in servers {
            server.signal("TERM");
            assert_eq!(server.wait().0, Some(0));
        }
        runtime.block_on(database.remove());
    }
}
