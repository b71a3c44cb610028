//! The attack classes, a function each.

mod algorithms;
mod claims;
mod encoding;
mod good;
mod json;
mod keys;
mod serialization;
mod signatures;

use crate::common::{EXPONENT_3, OTHER_2048, RSA_2048, RSA_3072, RSA_4096, Signer};
use crate::rows::Rows;
use serde_json::json;

/// The keys that most rows use.
pub struct Signers {
    /// 2048 bits, e = 65537. Its public key is `main` (PEM), `main-jwk` and, as one of several, in
    /// `set`.
    pub main: Signer,
    /// 2048 bits; the attacker's, known to no verifier but in `set`, where it is `second`.
    pub other: Signer,
    /// 2048 bits, e = 3: `e3`.
    pub e3: Signer,
    /// 3072 bits: `rsa3072`.
    pub rsa3072: Signer,
    /// 4096 bits: `rsa4096`.
    pub rsa4096: Signer,
}

/// Writes every row.
pub fn write_all(rows: &mut Rows) {
    let signers = Signers {
        main: Signer::new(RSA_2048),
        other: Signer::new(OTHER_2048),
        e3: Signer::new(EXPONENT_3),
        rsa3072: Signer::new(RSA_3072),
        rsa4096: Signer::new(RSA_4096),
    };
    rows.keys("main", signers.main.public_pem());
    rows.keys("main-jwk", signers.main.jwk(json!({"kid": "first"})).to_string());
    rows.keys("e3", signers.e3.public_pem());
    rows.keys("rsa3072", signers.rsa3072.public_pem());
    rows.keys("rsa4096", signers.rsa4096.public_pem());
    let first = signers.main.jwk(json!({"kid": "first", "use": "sig", "alg": "RS256"}));
    let second = signers.other.jwk(json!({"kid": "second", "use": "sig", "alg": "RS256"}));
    rows.keys("set", json!({"keys": [first, second]}).to_string());

    good::write(rows, &signers);
    algorithms::write(rows, &signers);
    encoding::write(rows, &signers);
    serialization::write(rows, &signers);
    json::write(rows, &signers);
    signatures::write(rows, &signers);
    keys::write(rows, &signers);
    claims::write(rows, &signers);
}
