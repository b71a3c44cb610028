//! The fixed keys, as PEM. Private keys are PKCS#8 (RFC 5958), public ones SPKI (RFC 5280).

/// 2048 bits, e = 65537.
pub const RSA_2048: &str = include_str!("../../verifier-core/tests/keys/rsa2048.private.pem");
/// Public key of [`RSA_2048`].
pub const RSA_2048_PUBLIC: &str = include_str!("../../verifier-core/tests/keys/rsa2048.public.pem");
/// 3072 bits, e = 65537.
pub const RSA_3072: &str = include_str!("../../verifier-core/tests/keys/rsa3072.private.pem");
/// 4096 bits, e = 65537.
pub const RSA_4096: &str = include_str!("../../verifier-core/tests/keys/rsa4096.private.pem");
/// Another key of 2048 bits, e = 65537.
pub const OTHER_2048: &str = include_str!("../../verifier-core/tests/keys/other2048.private.pem");
/// An X.509 certificate of [`OTHER_2048`].
pub const OTHER_2048_CERTIFICATE: &str =
    include_str!("../../verifier-core/tests/keys/other2048.certificate.pem");
/// 2048 bits, e = 3.
pub const EXPONENT_3: &str = include_str!("../../verifier-core/tests/keys/e3.private.pem");
/// 1024 bits: too short.
pub const WEAK_1024: &str = include_str!("../../verifier-core/tests/keys/weak1024.private.pem");
/// 2047 bits: too short by one bit.
pub const WEAK_2047: &str = include_str!("../../verifier-core/tests/keys/weak2047.private.pem");
/// 2056 bits: no multiple of 64.
pub const ODD_2056: &str = include_str!("../../verifier-core/tests/keys/odd2056.private.pem");
/// 4104 bits: too long.
pub const LARGE_4104: &str = include_str!("../../verifier-core/tests/keys/large4104.private.pem");
/// A public key on an elliptic curve.
pub const EC_PUBLIC: &str = include_str!("../../verifier-core/tests/keys/ec.public.pem");
/// A public key of 2048 bits with the algorithm identifier of RSASSA-PSS.
pub const RSA_PSS_2048_PUBLIC: &str =
    include_str!("../../verifier-core/tests/keys/rsapss2048.public.pem");
