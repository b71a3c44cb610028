//! The keys that sign the rows.

use test_support::keys::{EXPONENT_3, OTHER_2048, RSA_2048, RSA_3072, RSA_4096};
use test_support::signer::Signer;

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

impl Signers {
    pub fn new() -> Self {
        Self {
            main: Signer::from_pem(RSA_2048),
            other: Signer::from_pem(OTHER_2048),
            e3: Signer::from_pem(EXPONENT_3),
            rsa3072: Signer::from_pem(RSA_3072),
            rsa4096: Signer::from_pem(RSA_4096),
        }
    }
}
