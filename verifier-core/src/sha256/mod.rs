//! SHA-256 (FIPS 180-4).
//!
//! Natively it is `sha2`'s, which uses the instructions that the processor has for it; in wasm,
//! where there are none and each kilobyte counts, our own.

#[cfg(any(target_family = "wasm", test))]
mod rolled;

/// Bytes of a digest.
pub(crate) const DIGEST_BYTES: usize = 32;

/// The digest of a text.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn digest(text: &[u8]) -> [u8; DIGEST_BYTES] {
    <sha2::Sha256 as sha2::Digest>::digest(text).into()
}

#[cfg(target_family = "wasm")]
pub(crate) use rolled::digest;

#[cfg(test)]
mod tests {
    use super::{digest, rolled};
    use alloc::vec;

    fn hex(bytes: &[u8]) -> alloc::string::String {
        bytes.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_examples_of_the_standard_come_out() {
        let examples: [(&[u8], &str); 4] = [
            (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (
                &vec![b'a'; 1_000_000],
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
        ];
        for (text, expected) in examples {
            assert_eq!(hex(&digest(text)), expected, "{} bytes", text.len());
            assert_eq!(hex(&rolled::digest(text)), expected, "{} bytes", text.len());
        }
    }

    #[test]
    fn both_agree_on_every_length() {
        let text: vec::Vec<u8> = (0..=300_u16).flat_map(u16::to_le_bytes).collect();
        for length in 0..=text.len() {
            let text = text.get(..length).unwrap_or_default();
            assert_eq!(digest(text), rolled::digest(text), "{length} bytes");
        }
    }
}
