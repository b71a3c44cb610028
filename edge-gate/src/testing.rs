//! Shared by the tests of this crate: a host that the test controls, and verified tokens.

#[path = "../../edge-auth/src/testing/test_host.rs"]
#[expect(dead_code, reason = "the tests of this crate use a part of it")]
mod test_host;

use edge_auth::VerifiedToken;
use serde_json::{Value, json};
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;
use verifier_core::{KeySet, Policy, UnixTime, Verifier};

pub(crate) use test_host::TestHost;
pub(crate) use test_support::claims::NOW;

/// Returns a verified token with the `jti` `j1`, without a user, and with these claims.
pub(crate) fn verified(claims: &Value) -> VerifiedToken {
    let anonymous =
        json!({"jti": "j1", "user_id": null, "username": null, "email": null, "role": null});
    let signer = Signer::generated("k1");
    let keys = KeySet::parse(&signer.public_pem()).expect("a key");
    let token = signer.token(&with(with(access_claims(NOW), &anonymous), claims));
    Verifier::new(keys, Policy::default())
        .verify(&token, UnixTime::new(NOW, 0))
        .expect("a valid token")
}
