//! Forged and malformed RSA signatures (RFC 8017 sections 5.2.2, 8.2.2 and 9.2).

use super::Signers;
use crate::rows::{ACCEPT, Rows};
use num_bigint::BigUint;
use serde_json::json;
use test_support::claims::{claims_with, header};
use test_support::encoding::{b64, sha256};
use test_support::signer::Signer;

/// `DigestInfo` of SHA-256 up to the digest.
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

pub fn write(rows: &mut Rows, signers: &Signers) {
    encodings(rows, signers);
    small_exponent(rows, signers);
    ranges(rows, signers);
}

/// The text that is signed.
fn input() -> String {
    format!(
        "{}.{}",
        b64(header().to_string().as_bytes()),
        b64(claims_with(json!({})).to_string().as_bytes())
    )
}

fn token(signature: &[u8]) -> String {
    format!("{}.{}", input(), b64(signature))
}

/// 00 `block` pp .. pp 00 `tail`, as many bytes as the modulus has.
fn encoded(size: usize, block: u8, padding: u8, tail: &[u8]) -> Vec<u8> {
    let mut message = vec![0, block];
    message.extend(vec![padding; size - tail.len() - 3]);
    message.push(0);
    message.extend(tail);
    message
}

/// Signed with the real private key: only the encoding is wrong.
fn encodings(rows: &mut Rows, signers: &Signers) {
    rows.class("digest-info");
    let digest = sha256(input().as_bytes());
    let info = [&DIGEST_INFO[..], &digest].concat();
    let without_null =
        [&[0x30, 0x2f, 0x30, 0x0b][..], &DIGEST_INFO[4..15], &[0x04, 0x20], &digest].concat();
    let empty_parameters =
        [&[0x30, 0x31, 0x30, 0x0d][..], &DIGEST_INFO[4..15], &[0x30, 0x00, 0x04, 0x20], &digest]
            .concat();
    let null_with_a_byte = [
        &[0x30, 0x32, 0x30, 0x0e][..],
        &DIGEST_INFO[4..15],
        &[0x05, 0x01, 0x00, 0x04, 0x20],
        &digest,
    ]
    .concat();
    let long_form_outside = [&[0x30, 0x81, 0x31][..], &info[2..]].concat();
    let long_form_inside = [&[0x30, 0x32, 0x30, 0x81, 0x0d][..], &info[4..]].concat();
    let long_form_of_null = [
        &[0x30, 0x32, 0x30, 0x0e][..],
        &DIGEST_INFO[4..15],
        &[0x05, 0x81, 0x00, 0x04, 0x20],
        &digest,
    ]
    .concat();
    let long_form_of_digest =
        [&[0x30, 0x32][..], &DIGEST_INFO[2..17], &[0x04, 0x81, 0x20], &digest].concat();
    let indefinite = [&[0x30, 0x80][..], &info[2..], &[0, 0]].concat();
    let sha1 = [
        &[0x30, 0x2d, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x20]
            [..],
        &digest,
    ]
    .concat();
    let with_oid_byte = |last: u8| {
        let mut info = info.clone();
        info[14] = last;
        info
    };
    let mut other_digest = info.clone();
    other_digest[50] ^= 1;
    let garbage_inside = [&[0x30, 0x39][..], &info[2..], &[0x04, 0x06, 1, 2, 3, 4, 5, 6]].concat();
    let tails: Vec<(&str, Vec<u8>)> = vec![
        ("NULL missing", without_null),
        ("an empty sequence for NULL", empty_parameters),
        ("NULL with a byte", null_with_a_byte),
        ("long length of the outer sequence", long_form_outside),
        ("long length of the algorithm", long_form_inside),
        ("long length of NULL", long_form_of_null),
        ("long length of the digest", long_form_of_digest),
        ("indefinite length", indefinite),
        ("SHA-1's identifier", sha1),
        ("SHA-384's identifier", with_oid_byte(2)),
        ("SHA-512's identifier", with_oid_byte(3)),
        ("SHA-224's identifier", with_oid_byte(4)),
        ("a bit of the digest flipped", other_digest),
        ("garbage after the digest", [&info[..], &[0xde, 0xad]].concat()),
        ("garbage inside the sequence", garbage_inside),
        ("a zero after the digest", [&info[..], &[0]].concat()),
        ("the digest alone", digest.clone()),
        ("the digest cut by a byte", info[..info.len() - 1].to_vec()),
        ("nothing", Vec::new()),
    ];
    let main = &signers.main;
    let size = main.size();
    let sign = |encoded: &[u8]| token(&main.raw_power(&BigUint::from_bytes_be(encoded)));
    rows.add("the right encoding", sign(&encoded(size, 1, 0xff, &info)), "main", ACCEPT);
    for (what, tail) in tails {
        rows.add(what, sign(&encoded(size, 1, 0xff, &tail)), "main", "signature_invalid");
    }
    rows.class("padding");
    let mut first_byte_set = encoded(size, 1, 0xff, &info);
    first_byte_set[0] = 0x00;
    let mut one_padding_byte_off = encoded(size, 1, 0xff, &info);
    one_padding_byte_off[100] = 0xfe;
    let mut early_zero = encoded(size, 1, 0xff, &info);
    early_zero[20] = 0;
    let mut no_separator = encoded(size, 1, 0xff, &info);
    no_separator[size - info.len() - 1] = 0xff;
    let short_padding = |padding: usize| {
        let mut message = vec![0, 1];
        message.extend(vec![0xff; padding]);
        message.push(0);
        message.extend(&info);
        message.resize(size, 0x5a);
        message
    };
    let no_leading_zero = [&[1][..], &vec![0xff; size - info.len() - 2], &[0], &info].concat();
    let mut pss_like = encoded(size, 1, 0xff, &info);
    if let Some(last) = pss_like.last_mut() {
        *last = 0xbc;
    }
    let cases = [
        ("block type 00", encoded(size, 0, 0xff, &info)),
        ("block type 00 with zeros", encoded(size, 0, 0x00, &info)),
        ("block type 02", encoded(size, 2, 0xff, &info)),
        ("block type 02 with other bytes", encoded(size, 2, 0x5a, &info)),
        ("block type 11", encoded(size, 0x11, 0xff, &info)),
        ("padding of FE", encoded(size, 1, 0xfe, &info)),
        ("one padding byte FE", one_padding_byte_off),
        ("a zero in the padding", early_zero),
        ("no zero after the padding", no_separator),
        ("no padding, garbage after the digest", short_padding(0)),
        ("8 padding bytes, garbage after the digest", short_padding(8)),
        ("200 padding bytes, garbage after the digest", short_padding(200)),
        ("a PSS trailer", pss_like),
        ("padding of 00", encoded(size, 1, 0x00, &info)),
    ];
    for (what, message) in cases {
        rows.add(what, sign(&message), "main", "signature_invalid");
    }
    // 01 in the first byte is above the modulus for some keys; this one's is larger.
    let shifted = BigUint::from_bytes_be(&no_leading_zero);
    if shifted < main.modulus() {
        rows.add("no leading zero", token(&main.raw_power(&shifted)), "main", "signature_invalid");
    }
}

/// Bleichenbacher 2006 and its relatives: with e = 3 a cube that begins or ends right is easily
/// made without the key.
fn small_exponent(rows: &mut Rows, signers: &Signers) {
    rows.class("small-exponent-forgery");
    let size = signers.e3.size();
    let digest = sha256(input().as_bytes());
    let info = [&DIGEST_INFO[..], &digest].concat();
    let cube_root_of = |prefix: &[u8]| {
        let mut target = prefix.to_vec();
        target.resize(size, 0xff);
        BigUint::from_bytes_be(&target).cbrt()
    };
    let fill = |root: BigUint| test_support::encoding::left_pad(&root, size);
    for padding in [0, 1, 8, 16] {
        let prefix = [&[0, 1][..], &vec![0xff; padding], &[0], &info].concat();
        let forged = cube_root_of(&prefix);
        let cube = test_support::encoding::left_pad(&forged.pow(3), size);
        assert!(cube.starts_with(&prefix), "the forgery begins like a signature");
        rows.add(
            format!("{padding} padding bytes, garbage behind"),
            token(&fill(forged)),
            "e3",
            "signature_invalid",
        );
    }
    // The garbage hidden in the algorithm's parameters (a length that a lax parser skips).
    let hidden = [
        &[0x00, 0x01, 0xff, 0x00, 0x30, 0x82, 0x00, 0xf0, 0x30, 0x81, 0xcb][..],
        &DIGEST_INFO[4..15],
        &[0x05, 0x81, 0xbc],
    ]
    .concat();
    rows.add(
        "garbage in the parameters",
        token(&fill(cube_root_of(&hidden))),
        "e3",
        "signature_invalid",
    );
    // A cube that ends right: a root of the digest modulo 2^256 exists when the digest is odd
    // (else the nearest odd).
    let modulus = BigUint::from(1_u8) << 256;
    let odd = BigUint::from_bytes_be(&digest) | BigUint::from(1_u8);
    // The inverse of 3 modulo the order of the odd residues, 2^254.
    let inverse_of_3 = BigUint::from(3_u8)
        .modpow(&((BigUint::from(1_u8) << 252) - 1_u8), &(BigUint::from(1_u8) << 254));
    let root = odd.modpow(&inverse_of_3, &modulus);
    assert_eq!(root.modpow(&BigUint::from(3_u8), &modulus), odd);
    rows.add("a cube that ends like the digest", token(&fill(root)), "e3", "signature_invalid");
    for (what, number) in [("1", 1_u8), ("2", 2), ("8", 8)] {
        rows.add(
            format!("s = {what}"),
            token(&fill(BigUint::from(number))),
            "e3",
            "signature_invalid",
        );
    }
    // e = 1: a signature is its own encoding. Such a key must not load.
    let n = b64(&signers.other.modulus().to_bytes_be());
    rows.keys("exponent-1", json!({"kty": "RSA", "n": n, "e": "AQ"}).to_string());
    rows.add(
        "e = 1, the encoding as signature",
        token(&encoded(size, 1, 0xff, &info)),
        "exponent-1",
        "key_exponent_invalid",
    );
}

fn ranges(rows: &mut Rows, signers: &Signers) {
    rows.class("signature-range");
    for (keys, signer) in [
        ("main", &signers.main),
        ("e3", &signers.e3),
        ("rsa3072", &signers.rsa3072),
        ("rsa4096", &signers.rsa4096),
    ] {
        let size = signer.size();
        let n = signer.modulus();
        let one = BigUint::from(1_u8);
        let s = BigUint::from_bytes_be(&signer.sign(input().as_bytes()));
        let numbers = [
            ("0", BigUint::ZERO),
            ("1", one.clone()),
            ("2", BigUint::from(2_u8)),
            ("n - 1", &n - &one),
            ("n", n.clone()),
            ("n + 1", &n + &one),
            ("n - s", &n - &s),
            ("s + 1", &s + &one),
            ("s - 1", &s - &one),
            ("all ones", (&one << (8 * size)) - &one),
            ("the highest bit", &one << (8 * size - 1)),
        ];
        for (what, number) in numbers {
            let signature = test_support::encoding::left_pad(&number, size);
            rows.add(format!("s = {what}, {keys}"), token(&signature), keys, "signature_invalid");
        }
        lengths(rows, signer, keys, &s);
    }
    // s + n still fits when s is small enough; look for a token whose signature is.
    let found = (0..2000).find_map(|i| {
        let token = signers.main.token_with(json!({"x": i}));
        let (input, signature) = token.rsplit_once('.')?;
        let sum = BigUint::from_bytes_be(&test_support::encoding::unb64(signature))
            + signers.main.modulus();
        (sum.bits() <= 2048)
            .then(|| format!("{input}.{}", b64(&test_support::encoding::left_pad(&sum, 256))))
    });
    if let Some(token) = found {
        rows.add("s = s + n, main", token, "main", "signature_invalid");
    }
}

fn lengths(rows: &mut Rows, signer: &Signer, keys: &'static str, s: &BigUint) {
    let size = signer.size();
    let bytes = test_support::encoding::left_pad(s, size);
    let n_bytes = signer.modulus().to_bytes_be();
    let variants = [
        ("empty", Vec::new()),
        ("one byte", vec![1]),
        ("one byte short", bytes[..size - 1].to_vec()),
        ("without its first byte", bytes[1..].to_vec()),
        ("one byte long", [&bytes[..], &[0]].concat()),
        ("a leading zero", [&[0], &bytes[..]].concat()),
        ("twice", [&bytes[..], &bytes[..]].concat()),
        ("reversed", bytes.iter().rev().copied().collect()),
        ("half of it", bytes[..size / 2].to_vec()),
        (
            "s + n with a carry byte",
            test_support::encoding::left_pad(&(s + BigUint::from_bytes_be(&n_bytes)), size + 1),
        ),
    ];
    for (what, signature) in variants {
        rows.add(format!("{what}, {keys}"), token(&signature), keys, "signature_invalid");
    }
    // A signature that begins with a zero byte may not lose it.
    let found = (0..3000).find_map(|i| {
        let token = signer.token_with(json!({"x": i}));
        let (input, signature) = token.rsplit_once('.')?;
        let bytes = test_support::encoding::unb64(signature);
        (bytes[0] == 0).then(|| (token.clone(), format!("{input}.{}", b64(&bytes[1..]))))
    });
    if let Some((whole, cut)) = found.filter(|_| keys == "main") {
        rows.add("begins with a zero byte", whole, keys, ACCEPT);
        rows.add("begins with a zero byte that is left out", cut, keys, "signature_invalid");
    }
}
