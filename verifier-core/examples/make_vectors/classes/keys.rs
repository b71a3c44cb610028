//! Key texts: which load, and why others are refused.

use super::Signers;
use crate::rows::{ACCEPT, Rows};
use num_bigint::BigUint;
use rsa::pkcs1::{EncodeRsaPublicKey, LineEnding};
use serde_json::json;
use test_support::claims::claims_with;
use test_support::encoding::b64;
use test_support::keys;
use test_support::signer::Signer;

pub fn write(rows: &mut Rows, signers: &Signers) {
    weak(rows, signers);
    pem(rows, signers);
    jwk(rows, signers);
}

fn weak(rows: &mut Rows, signers: &Signers) {
    rows.class("weak-key");
    let smaller = [
        ("1024 bits", keys::WEAK_1024, "weak-1024", "key_too_small"),
        ("2047 bits", keys::WEAK_2047, "weak-2047", "key_too_small"),
        ("4104 bits", keys::LARGE_4104, "large-4104", "key_too_large"),
        ("2056 bits", keys::ODD_2056, "odd-2056", ACCEPT),
    ];
    for (what, pem, name, expected) in smaller {
        let signer = Signer::from_pem(pem);
        rows.keys(name, signer.jwk().to_string());
        rows.add(what, signer.token_with(json!({})), name, expected);
    }
    let n = signers.main.modulus();
    let one = BigUint::from(1_u8);
    let moduli: [(&'static str, &'static str, BigUint, &'static str); 6] = [
        ("an even modulus", "modulus-even", &n - &one, "key_modulus_even"),
        ("a modulus of 2^2048", "modulus-2-2048", &one << 2048, "key_modulus_even"),
        ("a modulus of 512 bits", "modulus-512", (&one << 512) - &one, "key_too_small"),
        ("a modulus of 8192 bits", "modulus-8192", (&one << 8192) - &one, "key_too_large"),
        ("a modulus of 1", "modulus-1", one.clone(), "key_too_small"),
        ("a modulus of 0", "modulus-0", BigUint::ZERO, "key_too_small"),
    ];
    for (what, name, modulus, expected) in moduli {
        rows.keys(
            name,
            signers.main.jwk_with(json!({"n": b64(&modulus.to_bytes_be())})).to_string(),
        );
        rows.add(what, signers.main.token_with(json!({})), name, expected);
    }
    let padded = [vec![0; 256], n.to_bytes_be()].concat();
    rows.keys("modulus-padded", signers.main.jwk_with(json!({"n": b64(&padded)})).to_string());
    rows.add(
        "a modulus with leading zeros is measured without them",
        signers.main.token_with(json!({})),
        "modulus-padded",
        ACCEPT,
    );
    let small_padded = [vec![0; 256], vec![0xff; 128]].concat();
    rows.keys(
        "modulus-small-padded",
        signers.main.jwk_with(json!({"n": b64(&small_padded)})).to_string(),
    );
    rows.add(
        "a small modulus with leading zeros",
        signers.main.token_with(json!({})),
        "modulus-small-padded",
        "key_too_small",
    );
    let exponents: [(&'static str, &'static str, &[u8], &'static str); 9] = [
        ("e = 0", "exponent-0", &[0], "key_exponent_invalid"),
        ("e = 1", "exponent-one", &[1], "key_exponent_invalid"),
        ("e = 2", "exponent-2", &[2], "key_exponent_invalid"),
        ("e = 65536", "exponent-65536", &[1, 0, 0], "key_exponent_invalid"),
        ("e = 2^32", "exponent-2-32", &[1, 0, 0, 0, 0], "key_exponent_invalid"),
        ("e = 2^32 + 1", "exponent-2-32-1", &[1, 0, 0, 0, 1], "key_exponent_invalid"),
        (
            "e = 2^64 + 65537",
            "exponent-wraps",
            &[1, 0, 0, 0, 0, 0, 1, 0, 1],
            "key_exponent_invalid",
        ),
        ("e with leading zeros", "exponent-padded", &[0, 0, 0, 0, 0, 1, 0, 1], ACCEPT),
        ("e = 2^32 - 1", "exponent-largest", &[255, 255, 255, 255], "signature_invalid"),
    ];
    for (what, name, exponent, expected) in exponents {
        rows.keys(name, signers.main.jwk_with(json!({"e": b64(exponent)})).to_string());
        rows.add(what, signers.main.token_with(json!({})), name, expected);
    }
}

fn pem(rows: &mut Rows, signers: &Signers) {
    rows.class("key-pem");
    let main = &signers.main;
    let spki = main.public_pem();
    let pkcs1 =
        main.public().to_pkcs1_pem(LineEnding::LF).expect("the key has a PKCS#1 form").to_string();
    let one_line = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
        spki.lines().filter(|l| !l.starts_with('-')).collect::<String>()
    );
    let texts = [
        ("PKCS#1", "pem-pkcs1", pkcs1.clone(), ACCEPT),
        ("CRLF", "pem-crlf", spki.replace('\n', "\r\n"), ACCEPT),
        ("no last line break", "pem-trimmed", spki.trim_end().to_owned(), ACCEPT),
        ("white space around", "pem-spaced", format!("\n  {spki}\n\t "), ACCEPT),
        ("one long line", "pem-one-line", one_line, ACCEPT),
        ("a private key", "pem-private", keys::RSA_2048.to_owned(), "key_private"),
        (
            "a PKCS#1 private label",
            "pem-private-pkcs1",
            pkcs1.replace("RSA PUBLIC", "RSA PRIVATE"),
            "key_private",
        ),
        (
            "an encrypted private label",
            "pem-private-encrypted",
            spki.replace("PUBLIC KEY", "ENCRYPTED PRIVATE KEY"),
            "key_private",
        ),
        (
            "a certificate",
            "pem-certificate",
            keys::OTHER_2048_CERTIFICATE.to_owned(),
            "key_certificate",
        ),
        (
            "a certificate before the key",
            "pem-certificate-before",
            format!("{}{spki}", keys::OTHER_2048_CERTIFICATE),
            "key_certificate",
        ),
        (
            "a chain of certificates",
            "pem-certificates",
            keys::OTHER_2048_CERTIFICATE.repeat(2),
            "key_certificate",
        ),
        (
            "a certificate behind the key, as openssl writes it",
            "pem-certificate-behind",
            format!("{spki}{}", keys::OTHER_2048_CERTIFICATE),
            "key_certificate",
        ),
        ("a byte order mark", "pem-bom", format!("\u{feff}{spki}"), ACCEPT),
        (
            "a byte order mark and quotation marks",
            "pem-bom-quoted",
            format!(" \u{feff} \"{spki}\" "),
            ACCEPT,
        ),
        ("two byte order marks", "pem-two-boms", format!("\u{feff}\u{feff}{spki}"), ACCEPT),
        ("quotation marks", "pem-quoted", format!("\"{spki}\""), ACCEPT),
        ("single quotation marks", "pem-single-quoted", format!("'{}'", spki.trim_end()), ACCEPT),
        ("one quotation mark", "pem-half-quoted", format!("{spki}\""), "key_pem_invalid"),
        ("text before it", "pem-before", format!("RSA public key:\n{spki}"), ACCEPT),
        ("a JSON text before it", "pem-json-before", format!("{{}}\n{spki}"), "key_json_invalid"),
        (
            "a private key before it",
            "pem-private-before",
            format!("{}{spki}", keys::RSA_2048),
            "key_private",
        ),
        ("written line breaks", "pem-written", spki.replace('\n', "\\n"), ACCEPT),
        ("written CRLF", "pem-written-crlf", spki.replace('\n', "\\r\\n"), ACCEPT),
        (
            "written line breaks in quotation marks",
            "pem-written-quoted",
            format!("\"{}\"", spki.replace('\n', "\\n")),
            ACCEPT,
        ),
        ("spaces for line breaks", "pem-spaces", spki.replace('\n', " "), ACCEPT),
        ("no line breaks", "pem-no-breaks", spki.replace('\n', ""), ACCEPT),
        (
            "PKCS#1 with spaces for line breaks",
            "pem-pkcs1-spaces",
            pkcs1.replace('\n', " "),
            ACCEPT,
        ),
        (
            "headers before the body",
            "pem-headers",
            spki.replacen('\n', "\nProc-Type: 4\n\n", 1),
            "key_pem_invalid",
        ),
        (
            "a certificate request",
            "pem-request",
            spki.replace("PUBLIC KEY", "CERTIFICATE REQUEST"),
            "key_pem_invalid",
        ),
        ("an elliptic curve", "pem-ec", keys::EC_PUBLIC.to_owned(), "key_unsuitable"),
        ("an RSA-PSS key", "pem-pss", keys::RSA_PSS_2048_PUBLIC.to_owned(), "key_unsuitable"),
        ("two keys", "pem-two", format!("{spki}{spki}"), "key_pem_invalid"),
        ("text after it", "pem-after", format!("{spki}x"), "key_pem_invalid"),
        ("no end", "pem-no-end", spki.replace("-----END PUBLIC KEY-----", ""), "key_pem_invalid"),
        (
            "another label at the end",
            "pem-labels",
            spki.replace("END PUBLIC KEY", "END RSA PUBLIC KEY"),
            "key_pem_invalid",
        ),
        (
            "SPKI under the PKCS#1 label",
            "pem-wrong-label",
            spki.replace("PUBLIC KEY", "RSA PUBLIC KEY"),
            "key_pem_invalid",
        ),
        (
            "PKCS#1 under the SPKI label",
            "pem-wrong-label-2",
            pkcs1.replace("RSA PUBLIC KEY", "PUBLIC KEY"),
            "key_pem_invalid",
        ),
        ("cut in the middle", "pem-cut", spki.replacen("\n", "\nAAAA", 1), "key_pem_invalid"),
        (
            "a character outside base64",
            "pem-base64",
            spki.replacen("IjAN", "I*AN", 1),
            "key_pem_invalid",
        ),
        (
            "an empty body",
            "pem-empty",
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n".into(),
            "key_pem_invalid",
        ),
        ("nothing", "text-empty", String::new(), "key_format_unknown"),
        ("a word", "text-word", "secret".into(), "key_format_unknown"),
        (
            "base64 without armour",
            "text-base64",
            spki.lines().filter(|l| !l.starts_with('-')).collect(),
            "key_format_unknown",
        ),
        (
            "an SSH key",
            "text-ssh",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7".into(),
            "key_format_unknown",
        ),
    ];
    for (what, name, text, expected) in texts {
        rows.keys(name, text);
        rows.add(what, main.token_with(json!({})), name, expected);
    }
}

fn jwk(rows: &mut Rows, signers: &Signers) {
    rows.class("key-jwk");
    let main = &signers.main;
    let with = |members| main.jwk_with(members).to_string();
    let without = |name: &str| {
        let mut jwk = main.jwk();
        jwk.as_object_mut().expect("a JWK is an object").remove(name);
        jwk.to_string()
    };
    let text = main.jwk().to_string();
    let metadata = json!({
        "issuer": "https://issuer.example", "jwks_uri": "https://issuer.example/jwks.json",
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let n = b64(&main.modulus().to_bytes_be());
    let texts: Vec<(&'static str, &'static str, String, &'static str)> = vec![
        (
            "every fitting member",
            "jwk-full",
            with(
                json!({"use": "sig", "key_ops": ["verify"], "alg": "RS256", "kid": "x", "x5t": "y", "ext": true}),
            ),
            "key_not_found",
        ),
        (
            "verify among the operations",
            "jwk-ops",
            with(json!({"key_ops": ["sign", "verify"]})),
            ACCEPT,
        ),
        ("white space around", "jwk-spaced", format!("\n {text} \n"), ACCEPT),
        (
            "written line breaks",
            "jwk-written",
            format!("{{\\n  {}\\r\\n}}\\n", &text[1..text.len() - 1]),
            ACCEPT,
        ),
        (
            "written line breaks in a text that is not JSON",
            "jwk-written-cut",
            format!("{{\\n  {}\\n", &text[1..text.len() - 1]),
            "key_json_invalid",
        ),
        ("a byte order mark", "jwk-bom", format!("\u{feff}{text}"), ACCEPT),
        ("quotation marks", "jwk-quoted", format!("'{text}'"), ACCEPT),
        ("double quotation marks", "jwk-double-quoted", format!("\"{text}\""), ACCEPT),
        ("a discovery document", "jwk-metadata", metadata.to_string(), "key_discovery_document"),
        (
            "jwks_uri beside a key",
            "jwk-jwks-uri",
            with(json!({"jwks_uri": "https://issuer.example/jwks.json"})),
            ACCEPT,
        ),
        (
            "an object of certificates",
            "jwk-certificates",
            json!({"1": keys::OTHER_2048_CERTIFICATE, "2": keys::OTHER_2048_CERTIFICATE})
                .to_string(),
            "key_certificate",
        ),
        (
            "an object with a private key in PEM",
            "jwk-pem-private",
            json!({"type": "service_account", "private_key": keys::RSA_2048}).to_string(),
            "key_private",
        ),
        (
            "certificates beside the numbers",
            "jwk-x5c",
            with(json!({"x5c": ["AAAA"], "x5u": "https://issuer.example/x5u"})),
            ACCEPT,
        ),
        (
            "certificates alone",
            "jwk-x5c-alone",
            json!({"kty": "RSA", "x5c": ["AAAA"]}).to_string(),
            "key_member_invalid",
        ),
        (
            "n in plain base64",
            "jwk-n-plain",
            with(json!({"n": n.replace('-', "+").replace('_', "/")})),
            "key_member_invalid",
        ),
        ("use in upper case", "jwk-use-case", with(json!({"use": "SIG"})), "key_unsuitable"),
        ("use a number", "jwk-use-number", with(json!({"use": 1})), "key_unsuitable"),
        ("alg in lower case", "jwk-alg-case", with(json!({"alg": "rs256"})), "key_unsuitable"),
        ("alg a number", "jwk-alg-number", with(json!({"alg": 1})), "key_unsuitable"),
        (
            "an operation in another case",
            "jwk-ops-case",
            with(json!({"key_ops": ["Verify"]})),
            "key_unsuitable",
        ),
        (
            "use enc and operation verify",
            "jwk-enc-verify",
            with(json!({"use": "enc", "key_ops": ["verify"]})),
            "key_unsuitable",
        ),
        (
            "use sig and operation encrypt",
            "jwk-sig-encrypt",
            with(json!({"use": "sig", "key_ops": ["encrypt"]})),
            "key_unsuitable",
        ),
        (
            "an operation twice",
            "jwk-ops-twice",
            with(json!({"use": "sig", "key_ops": ["verify", "verify"]})),
            ACCEPT,
        ),
        ("use enc", "jwk-enc", with(json!({"use": "enc"})), "key_unsuitable"),
        ("use null", "jwk-use-null", with(json!({"use": null})), ACCEPT),
        (
            "every optional member null",
            "jwk-nulls",
            with(json!({"use": null, "key_ops": null, "alg": null, "kid": null})),
            ACCEPT,
        ),
        (
            "every private member null",
            "jwk-private-null",
            with(json!({
                "d": null, "p": null, "q": null, "dp": null, "dq": null, "qi": null, "oth": null,
                "priv": null,
            })),
            ACCEPT,
        ),
        ("symmetric member null", "jwk-k-null", with(json!({"k": null})), ACCEPT),
        ("keys null beside a key", "jwk-keys-null", with(json!({"keys": null})), ACCEPT),
        (
            "one private member null, another not",
            "jwk-d-null-p",
            with(json!({"d": null, "p": "AQAB"})),
            "key_private",
        ),
        ("private exponent false", "jwk-d-false", with(json!({"d": false})), "key_private"),
        ("private exponent empty", "jwk-d-empty", with(json!({"d": ""})), "key_private"),
        (
            "private exponent null and then not",
            "jwk-d-twice",
            text.replacen('{', r#"{"d":null,"d":"AQAB","#, 1),
            "key_json_invalid",
        ),
        ("kty null", "jwk-kty-null", with(json!({"kty": null})), "key_unsuitable"),
        ("n null", "jwk-n-null", with(json!({"n": null})), "key_member_invalid"),
        ("e null", "jwk-e-null", with(json!({"e": null})), "key_member_invalid"),
        (
            "operations without verify",
            "jwk-ops-other",
            with(json!({"key_ops": ["encrypt"]})),
            "key_unsuitable",
        ),
        ("no operations", "jwk-ops-none", with(json!({"key_ops": []})), "key_unsuitable"),
        (
            "operations as a string",
            "jwk-ops-text",
            with(json!({"key_ops": "verify"})),
            "key_unsuitable",
        ),
        ("alg RS512", "jwk-rs512", with(json!({"alg": "RS512"})), "key_unsuitable"),
        ("alg PS256", "jwk-ps256", with(json!({"alg": "PS256"})), "key_unsuitable"),
        ("kty EC", "jwk-ec", with(json!({"kty": "EC"})), "key_unsuitable"),
        ("kty in lower case", "jwk-kty-case", with(json!({"kty": "rsa"})), "key_unsuitable"),
        ("kty missing", "jwk-no-kty", without("kty"), "key_unsuitable"),
        ("n missing", "jwk-no-n", without("n"), "key_member_invalid"),
        ("e missing", "jwk-no-e", without("e"), "key_member_invalid"),
        ("n padded", "jwk-n-padded", with(json!({"n": format!("{n}==")})), "key_member_invalid"),
        ("n a number", "jwk-n-number", with(json!({"n": 5})), "key_member_invalid"),
        ("e a number", "jwk-e-number", with(json!({"e": 65537})), "key_member_invalid"),
        ("e empty", "jwk-e-empty", with(json!({"e": ""})), "key_member_invalid"),
        ("kid a number", "jwk-kid-number", with(json!({"kid": 1})), "key_member_invalid"),
        ("private exponent", "jwk-private", with(json!({"d": "AQAB"})), "key_private"),
        ("a prime", "jwk-prime", with(json!({"p": "AQAB"})), "key_private"),
        (
            "symmetric",
            "jwk-oct",
            json!({"kty": "oct", "k": b64(b"secret")}).to_string(),
            "key_symmetric",
        ),
        ("symmetric member in an RSA key", "jwk-k", with(json!({"k": "AAAA"})), "key_symmetric"),
        (
            "n twice",
            "jwk-duplicate",
            text.replacen('{', &format!("{{\"n\":\"{n}\","), 1),
            "key_json_invalid",
        ),
        ("text after it", "jwk-after", format!("{text}x"), "key_json_invalid"),
        ("cut", "jwk-cut", text[..text.len() - 2].to_owned(), "key_json_invalid"),
        ("an empty object", "jwk-empty", "{}".into(), "key_unsuitable"),
    ];
    for (what, name, text, expected) in texts {
        rows.keys(name, text);
        let header = if name == "jwk-full" {
            json!({"alg": "RS256", "kid": "z"})
        } else {
            json!({"alg": "RS256"})
        };
        rows.add(what, main.token_with_header(&header, &claims_with(json!({}))), name, expected);
    }
}
