//! The keys that sign the rows.

use crate::common::{EXPONENT_3, OTHER_2048, RSA_2048, RSA_3072, RSA_4096, Signer};

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
            main: Signer::new(RSA_2048),
            other: Signer::new(OTHER_2048),
            e3: Signer::new(EXPONENT_3),
            rsa3072: Signer::new(RSA_3072),
            rsa4096: Signer::new(RSA_4096),
        }
    }
}
