//! Key texts that must be refused, with the exact reason.

use base64::Engine as _;
use serde_json::{Value, json};
use test_support::encoding::unb64;
use test_support::keys::{
    OTHER_2048_CERTIFICATE, RSA_2048, RSA_2048_PUBLIC, RSA_3072, RSA_4096, RSA_PSS_2048_PUBLIC,
};
use test_support::signer::Signer;
use verifier_core::{
    JsonError, JsonErrorKind, KeyError, KeyMember, KeySet, MemberError, Unsuitable,
};

fn code(text: &str) -> &'static str {
    KeySet::parse(text).err().map_or("loaded", |error| error.code().as_str())
}

#[test]
fn secrets_beside_the_keys_of_a_set_are_refused_like_those_inside() {
    let public = Signer::from_pem(RSA_2048).jwk_with(json!({"kid": "a"}));
    let rows = [
        (json!({"keys": [public]}), "loaded"),
        (json!({"keys": [public], "d": "AA", "p": "AA"}), "key_private"),
        (
            json!({"kty": "RSA", "n": public["n"], "e": "AQAB", "d": "AA", "keys": [public]}),
            "key_private",
        ),
        (json!({"keys": [public], "kty": "oct", "k": "AA"}), "key_symmetric"),
        (
            json!({"keys": [public, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "priv": "AA"}]}),
            "key_private",
        ),
    ];
    for (set, expected) in rows {
        assert_eq!(code(&set.to_string()), expected, "{set}");
    }
}

#[test]
fn a_refusal_says_what_the_text_is_or_lacks() {
    let jwk = Signer::from_pem(RSA_2048).jwk();
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    let padded = format!("{}==", jwk["n"].as_str().expect("text"));
    let member = |member, why| KeyError::Member(member, why);
    let rows = [
        (json!({"kty": "RSA"}), member(KeyMember::Modulus, MemberError::Missing)),
        (json!({"kty": "RSA", "x5c": ["AA=="]}), member(KeyMember::Modulus, MemberError::OnlyX5c)),
        (with("n", json!(padded)), member(KeyMember::Modulus, MemberError::PlainBase64)),
        (with("n", json!("AQ+B")), member(KeyMember::Modulus, MemberError::PlainBase64)),
        (with("n", json!("AQ*B")), member(KeyMember::Modulus, MemberError::NotBase64Url)),
        (with("n", json!("A")), member(KeyMember::Modulus, MemberError::NotBase64Url)),
        (with("n", json!("")), member(KeyMember::Modulus, MemberError::Empty)),
        (with("e", json!(65537)), member(KeyMember::Exponent, MemberError::NotAString)),
        (with("kid", json!(1)), member(KeyMember::KeyId, MemberError::NotAString)),
        (json!({"jwks_uri": "https://a", "issuer": "https://b"}), KeyError::DiscoveryDocument),
    ];
    for (text, expected) in rows {
        assert_eq!(KeySet::parse(&text.to_string()).err(), Some(expected), "{text}");
    }
    let pss = KeySet::parse(RSA_PSS_2048_PUBLIC).err();
    assert_eq!(pss, Some(KeyError::Unsuitable(Unsuitable::RsaPss)));
    let certificate = KeySet::parse(OTHER_2048_CERTIFICATE).expect_err("a certificate");
    assert!(certificate.to_string().contains("openssl x509 -pubkey"), "{certificate}");
}

#[test]
fn an_offset_counts_from_the_beginning_of_the_text() {
    for (before, after) in
        [("", ""), (" \n", ""), ("\u{feff}", ""), (" \"", "\" "), ("\u{feff}\n' ", "'")]
    {
        let text = format!("{before}{{\"kty\" \"RSA\"}}{after}");
        let expected = JsonError { kind: JsonErrorKind::Syntax, offset: before.len() + 7 };
        assert_eq!(KeySet::parse(&text).err(), Some(KeyError::Json(expected)), "{text}");
    }
}

#[test]
fn a_private_key_is_reported_whatever_surrounds_it() {
    for text in [
        RSA_2048.to_owned(),
        format!("{RSA_2048}{RSA_2048_PUBLIC}"),
        format!("{RSA_2048_PUBLIC}{RSA_2048}"),
        format!("{RSA_2048}and some text"),
        format!("Bag Attributes\n    friendlyName: issuer\n{RSA_2048}"),
    ] {
        assert_eq!(code(&text), "key_private");
    }
}

#[test]
fn a_text_that_is_too_long_is_refused_before_it_is_looked_at() {
    for first in [" ", "{", "-", "x"] {
        assert_eq!(code(&first.repeat(131_073)), "key_set_too_large");
    }
}

/// A text in PEM, with base64 in lines of 64.
fn pem(label: &str, body: &str) -> String {
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn line_breaks_of_pem_may_be_written_out() {
    let public = Signer::from_pem(RSA_2048).public_pem();
    let lines: Vec<&str> = public.lines().collect();
    let first = lines.first().expect("a first line");
    let one_line = lines.get(1..lines.len() - 1).expect("a body").concat();
    for (text, expected) in [
        (public.replace('\n', "\\n"), "loaded"),
        (public.replace('\n', "\\r\\n"), "loaded"),
        (public.replace('\n', "\\n\n"), "loaded"),
        (public.trim_end().replace('\n', "\\n"), "loaded"),
        (format!("{first}\\n{one_line}\\n-----END PUBLIC KEY-----\\n\n"), "loaded"),
        (public.replace('\n', "\\t"), "key_pem_invalid"),
        (public.replace('\n', "\\"), "key_pem_invalid"),
        (public.replace('\n', "n"), "key_pem_invalid"),
        (public.replace('\n', "\\\\n"), "key_pem_invalid"),
        (format!("{public}\\n{public}"), "key_pem_invalid"),
        (format!("{public}\\nx"), "key_pem_invalid"),
    ] {
        assert_eq!(code(&text), expected, "{text}");
    }
    assert_eq!(code(&RSA_2048.replace('\n', "\\n")), "key_private");
}

#[test]
fn the_padding_of_pem_is_as_long_as_it_has_to_be() {
    for (private, padding) in [(RSA_3072, 1), (RSA_4096, 2)] {
        let public = Signer::from_pem(private).public_pem();
        let body: String = public.lines().filter(|line| !line.starts_with('-')).collect();
        let bare = body.trim_end_matches('=');
        assert_eq!(body.len() - bare.len(), padding, "what is tested");
        let (head, tail) = bare.split_at(100);
        for (text, expected) in [
            (body.clone(), "loaded"),
            (format!("{bare}{}", "=".repeat(padding - 1)), "key_pem_invalid"),
            (format!("{body}="), "key_pem_invalid"),
            (format!("{head}{}{tail}", "=".repeat(padding)), "key_pem_invalid"),
            (format!("{head}={tail}{}", "=".repeat(padding)), "key_pem_invalid"),
            (body.replacen(['+', '/'], "-", 1), "key_pem_invalid"),
            (body.replacen(['+', '/'], "_", 1), "key_pem_invalid"),
            (format!("{body}A"), "key_pem_invalid"),
        ] {
            assert_eq!(code(&pem("PUBLIC KEY", &text)), expected, "{text}");
        }
    }
}

/// A DER element with the shortest length there is.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = vec![tag];
    match length {
        0..=0x7f => der.push(length as u8),
        0x80..=0xff => der.extend([0x81, length as u8]),
        _ => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend_from_slice(content);
    der
}

#[test]
fn der_is_read_to_the_letter() {
    const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let modulus = unb64(Signer::from_pem(RSA_2048).jwk()["n"].as_str().expect("a modulus"));
    let positive = [&[0], modulus.as_slice()].concat();
    let pkcs1 = |modulus: &[u8], exponent: &[u8]| {
        element(0x30, &[element(0x02, modulus), element(0x02, exponent)].concat())
    };
    let good = pkcs1(&positive, &[1, 0, 1]);
    let spki = |algorithm: &[u8], bits: &[u8]| {
        element(0x30, &[element(0x30, algorithm), element(0x03, bits)].concat())
    };
    let algorithm =
        |parameters: &[u8]| [element(0x06, &RSA_ENCRYPTION), parameters.to_vec()].concat();
    let null = [0x05, 0x00];
    let bits = [&[0], good.as_slice()].concat();
    let b64 = |der: &[u8]| base64::engine::general_purpose::STANDARD.encode(der);

    let malformed = "key_pem_invalid";
    for (what, der, expected) in [
        ("as it should be", good.clone(), "loaded"),
        ("a byte behind it", [&good[..], &[0]].concat(), malformed),
        ("nothing at all", Vec::new(), malformed),
        ("no exponent", element(0x30, &element(0x02, &positive)), malformed),
        ("three numbers", element(0x30, &[&good[4..], &element(0x02, &[3])].concat()), malformed),
        ("an empty modulus", pkcs1(&[], &[1, 0, 1]), malformed),
        ("a negative modulus", pkcs1(&modulus, &[1, 0, 1]), malformed),
        ("a zero too many", pkcs1(&[&[0], positive.as_slice()].concat(), &[1, 0, 1]), malformed),
        ("a zero before the exponent", pkcs1(&positive, &[0, 1, 0, 1]), malformed),
        ("an empty exponent", pkcs1(&positive, &[]), malformed),
        ("an exponent of zero", pkcs1(&positive, &[0]), "key_exponent_invalid"),
        ("a modulus of zero", pkcs1(&[0], &[1, 0, 1]), "key_too_small"),
        ("another tag", [&[0x31], &good[1..]].concat(), malformed),
        (
            "a length that is longer than it need be",
            [&[0x30, 0x83, 0], &good[2..]].concat(),
            malformed,
        ),
        ("a length without end", [&[0x30, 0x80], &good[4..]].concat(), malformed),
        ("a length beyond the end", [&good[..2], &[0x7f], &good[3..]].concat(), malformed),
        (
            "a short number with a long length",
            { element(0x30, &[element(0x02, &positive), vec![0x02, 0x81, 3, 1, 0, 1]].concat()) },
            malformed,
        ),
    ] {
        assert_eq!(code(&pem("RSA PUBLIC KEY", &b64(&der))), expected, "PKCS#1: {what}");
    }
    let algorithm_too_long = {
        let mut der = spki(&algorithm(&null), &bits);
        // The length of the algorithm: two bytes more than the bytes behind it.
        der[5] = 0x7f;
        der
    };
    let identifier_too_long = {
        let mut der = spki(&algorithm(&null), &bits);
        // One byte more than the algorithm has.
        der[7] = 0x0c;
        der
    };
    for (what, der, expected) in [
        ("as it should be", spki(&algorithm(&null), &bits), "loaded"),
        ("a byte behind it", [&spki(&algorithm(&null), &bits)[..], &[0]].concat(), malformed),
        ("no parameters", spki(&algorithm(&[]), &bits), malformed),
        ("other parameters", spki(&algorithm(&[0x05, 0x01, 0]), &bits), malformed),
        ("no algorithm", spki(&[], &bits), malformed),
        (
            "another algorithm",
            spki(&[element(0x06, &RSA_ENCRYPTION[1..]), null.to_vec()].concat(), &bits),
            "key_unsuitable",
        ),
        (
            "another algorithm alone",
            element(0x30, &element(0x30, &element(0x06, &[1]))),
            "key_unsuitable",
        ),
        ("an algorithm that is longer than all", algorithm_too_long, malformed),
        ("an identifier that is longer than the algorithm", identifier_too_long, malformed),
        ("unused bits", spki(&algorithm(&null), &[&[1], good.as_slice()].concat()), malformed),
        ("no bits", spki(&algorithm(&null), &[]), malformed),
        (
            "an element behind the bits",
            {
                element(
                    0x30,
                    &[element(0x30, &algorithm(&null)), element(0x03, &bits), null.to_vec()]
                        .concat(),
                )
            },
            malformed,
        ),
        (
            "a byte behind the key",
            spki(&algorithm(&null), &[bits.as_slice(), &[0]].concat()),
            malformed,
        ),
    ] {
        assert_eq!(code(&pem("PUBLIC KEY", &b64(&der))), expected, "SPKI: {what}");
    }
}

#[test]
fn numbers_of_a_jwk_are_strict_base64url_after_unescaping() {
    let jwk = Signer::from_pem(RSA_2048).jwk();
    let n = jwk["n"].as_str().expect("a modulus");
    let with = |n: &str, e: &str| format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#);
    let escaped: String = n.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let (head, tail) = n.split_at(100);
    let refused = "key_member_invalid";
    // The last of 342 characters has two bits of the modulus and four that are unused.
    let last = n.chars().last().expect("not empty");
    let unused = char::from_u32(u32::from(last) + 1).expect("a character");
    for (n, e, expected) in [
        (n.to_owned(), "AQAB", "loaded"),
        (escaped, "AQAB", "loaded"),
        (n.to_owned(), "AAEAAQ", "loaded"),
        (n.to_owned(), "", refused),
        (n.to_owned(), "A", refused),
        (n.to_owned(), "AQABA", refused),
        (n.to_owned(), "AQAB=", refused),
        (String::new(), "AQAB", refused),
        (format!("{n}="), "AQAB", refused),
        (format!("{n}=="), "AQAB", refused),
        (format!("{head}+{tail}"), "AQAB", refused),
        (format!("{head} {tail}"), "AQAB", refused),
        (format!("{head}\\n{tail}"), "AQAB", refused),
        (format!("{}{unused}", n.strip_suffix(last).expect("its last")), "AQAB", refused),
    ] {
        assert_eq!(code(&with(&n, e)), expected, "n {n}, e {e}");
    }
}

#[test]
fn a_violation_of_strict_json_is_reported_with_its_position() {
    let json = |kind, offset| KeyError::Json(JsonError { kind, offset });
    let nested = format!(r#"{{"keys":{}"#, "[".repeat(40));
    for (text, expected) in [
        (r#"{"kty":"RSA","n":"AQ","n":"AQ"}"#, json(JsonErrorKind::DuplicateMember, 0)),
        (r#"{"keys":[],"keys":[]}"#, json(JsonErrorKind::DuplicateMember, 0)),
        (
            r#"{"keys":[{"kty":"RSA"},{"kid":"a","k\u0069d":"b"}]}"#,
            json(JsonErrorKind::DuplicateMember, 23),
        ),
        (r#"{"keys":[}"#, json(JsonErrorKind::Syntax, 9)),
        (nested.as_str(), json(JsonErrorKind::TooDeep, 39)),
    ] {
        assert_eq!(KeySet::parse(text).err(), Some(expected), "{text}");
        assert_eq!(code(text), "key_json_invalid");
    }
    let not_utf8 = KeySet::parse(b"{\"kid\":\"\xff\"}").err();
    assert_eq!(not_utf8, Some(json(JsonErrorKind::NotUtf8, 8)));
    assert_eq!(KeySet::from_jwks("[]").err(), Some(json(JsonErrorKind::NotAnObject, 0)));
}
