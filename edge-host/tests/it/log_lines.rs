//! Log lines about requests with control characters.

use serde_json::Value;

use crate::support::{Edge, Scratch, component, edge_host_with};

/// U+009B begins a terminal command, and U+202E reverses text; their bytes are allowed in a path.
const PATH: &str = "/uploads/\u{9b}31m\u{202e}x";

#[test]
fn log_lines_escape_control_characters_of_paths() {
    let Some(component) = component() else { return };
    for format in ["json", "text"] {
        let scratch = Scratch::new();
        let mut command = edge_host_with(&component, scratch.path());
        command.env("RUST_LOG", "info,access=debug").args(["--log-format", format]);
        let edge = Edge::start_command(command);
        for path in [PATH, "/uploads/\u{c2}", "/nothing/\u{9d}0;title\u{9c}"] {
            let mut connection = edge.connect();
            connection.send_raw(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            assert!(
                connection.read_response("GET").is_some_and(|response| response.status < 500),
                "{path:?}"
            );
        }
        assert!(edge.logs("request_refused") && edge.logs("title"), "{}", edge.log());
        let log = edge.log();
        let is_plain = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
        assert!(log.chars().all(is_plain), "{log:?}");
        for line in log.lines().filter(|line| line.contains("request_refused")) {
            let message = if format == "json" {
                let line: Value =
                    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
                line["fields"]["message"].as_str().expect("a message").to_owned()
            } else {
                line.split_once("component: ").expect("what the component wrote").1.to_owned()
            };
            let refused: Value =
                serde_json::from_str(&message).unwrap_or_else(|error| panic!("{error}: {message}"));
            assert_eq!(
                (&refused["event"], &refused["status"]),
                (&"request_refused".into(), &401.into())
            );
        }
        if format == "json" {
            for line in log.lines() {
                let _: Value =
                    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            }
        }
    }
}
