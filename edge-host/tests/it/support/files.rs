//! A program with a separate store, and uploads to it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

use super::{Connection, Edge, Response, Scratch, TIMEOUT, component, now};

/// Bytes of a file that the component stores under one key.
pub const CHUNK: usize = 256 * 1024;

pub const FORM: &str = "multipart/form-data; boundary=XX";

/// A program with its own state directory, except for the shared compiled component.
pub struct Files {
    pub edge: Edge,
    pub signer: Signer,
    pub state: Scratch,
}

impl Files {
    pub fn start(arguments: &[&str]) -> Option<Self> {
        let component = component()?;
        let (signer, state) = (Signer::generated("k1"), Scratch::new());
        let edge = Self::edge(&component, &signer, state.path(), arguments);
        Some(Self { edge, signer, state })
    }

    pub fn edge(component: &Path, signer: &Signer, state: &Path, arguments: &[&str]) -> Edge {
        let key = format!("public_key={}", signer.public_pem());
        let mut all = vec!["--variable", key.as_str()];
        all.extend(arguments);
        Edge::start_in(state, component, &all)
    }

    pub fn bearer(&self, user: u64) -> String {
        format!(
            "Bearer {}",
            self.signer.token(&with(access_claims(now()), &json!({ "user_id": user })))
        )
    }

    pub fn list(&self, bearer: &str) -> Vec<Value> {
        let response = self.edge.get("/uploads?limit=100", &[("Authorization", bearer)]);
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()["uploads"].as_array().expect("a list").clone()
    }

    /// Waits until `view` of the store's keys is `expected`. Fails when the store stops changing.
    pub fn settle<T: PartialEq + std::fmt::Debug>(
        &self,
        expected: &T,
        view: impl Fn(Vec<String>) -> T,
    ) {
        let (mut keys, mut changed) = (self.keys(), Instant::now());
        loop {
            let seen = view(keys.clone());
            if seen == *expected {
                return;
            }
            assert!(
                changed.elapsed() < TIMEOUT,
                "{seen:?} instead of {expected:?}; log: {}",
                self.edge.log()
            );
            std::thread::sleep(Duration::from_millis(100));
            let now = self.keys();
            if now != keys {
                (keys, changed) = (now, Instant::now());
            }
        }
    }

    /// Reads every key of the store from its file.
    pub fn keys(&self) -> Vec<String> {
        let file = rusqlite::Connection::open(self.state.path().join("key-value.sqlite3"))
            .expect("the store opens");
        let mut keys = file
            .prepare("SELECT key FROM key_value WHERE key <> 'swept'")
            .expect("the table is there");
        keys.query_map([], |row| row.get(0))
            .expect("keys")
            .collect::<Result<_, _>>()
            .expect("texts")
    }
}

pub fn form(content: &[u8]) -> Vec<u8> {
    let head = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"보고서.bin\"\r\n\
         Content-Type: image/png\r\n\r\n";
    [head.as_bytes(), content, b"\r\n--XX--\r\n"].concat()
}

pub fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|index| ((index + seed) * 31 % 251) as u8).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn upload(connection: &mut Connection, bearer: &str, content: &[u8]) -> Response {
    connection.send(
        "POST",
        "/upload",
        &[("Authorization", bearer), ("Content-Type", FORM)],
        &form(content),
    )
}
