//! The attack classes, a function each.

mod algorithms;
mod claims;
mod encoding;
mod good;
mod issuers;
mod json;
mod key_selection;
mod keys;
mod profile;
mod serialization;
mod signatures;
mod signers;

use crate::rows::Rows;
use serde_json::json;
use signers::Signers;

/// Writes every row.
pub fn write_all(rows: &mut Rows) {
    let signers = Signers::new();
    rows.keys("main", signers.main.public_pem());
    rows.keys("main-jwk", signers.main.jwk_with(json!({"kid": "first"})).to_string());
    rows.keys("e3", signers.e3.public_pem());
    rows.keys("rsa3072", signers.rsa3072.public_pem());
    rows.keys("rsa4096", signers.rsa4096.public_pem());
    let first = signers.main.jwk_with(json!({"kid": "first", "use": "sig", "alg": "RS256"}));
    let second = signers.other.jwk_with(json!({"kid": "second", "use": "sig", "alg": "RS256"}));
    rows.keys("set", json!({"keys": [first, second]}).to_string());

    good::write(rows, &signers);
    algorithms::write(rows, &signers);
    encoding::write(rows, &signers);
    serialization::write(rows, &signers);
    json::write(rows, &signers);
    signatures::write(rows, &signers);
    keys::write(rows, &signers);
    key_selection::write(rows, &signers);
    claims::write(rows, &signers);
    issuers::write(rows, &signers);
}
