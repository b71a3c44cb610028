//! Algorithm confusion: the header must not choose how a token is verified (RFC 8725 section 3.1).

use super::Signers;
use crate::rows::{ACCEPT, Rows};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use rsa::pkcs1::{EncodeRsaPublicKey, LineEnding};
use rsa::pkcs8::EncodePublicKey;
use rsa::sha2::{Sha256, Sha384, Sha512};
use serde_json::{Value, json};
use test_support::claims::claims_with;
use test_support::encoding::b64;
use test_support::keys;

pub fn write(rows: &mut Rows, signers: &Signers) {
    hs256_with_the_public_key(rows, signers);
    none(rows, signers);
    other_names(rows, signers);
    other_digests(rows, signers);
    embedded_keys(rows, signers);
    critical_extensions(rows, signers);
    typ(rows, signers);
}

fn hs256_with_the_public_key(rows: &mut Rows, signers: &Signers) {
    rows.class("alg-confusion");
    let public = signers.main.public();
    let pem = signers.main.public_pem();
    let pkcs1 = public.to_pkcs1_pem(LineEnding::LF).expect("the key has a PKCS#1 form").to_string();
    let spki_der = public.to_public_key_der().expect("the key has a DER form").into_vec();
    let pkcs1_der = public.to_pkcs1_der().expect("the key has a PKCS#1 form").as_bytes().to_vec();
    let secrets: [(&str, Vec<u8>); 9] = [
        ("PEM", pem.clone().into_bytes()),
        ("PEM without the last line break", pem.trim_end().as_bytes().to_vec()),
        ("PEM with CRLF", pem.replace('\n', "\r\n").into_bytes()),
        ("PKCS#1 PEM", pkcs1.clone().into_bytes()),
        ("PKCS#1 PEM without the last line break", pkcs1.trim_end().as_bytes().to_vec()),
        ("DER", spki_der.clone()),
        ("PKCS#1 DER", pkcs1_der),
        ("modulus", signers.main.modulus().to_bytes_be()),
        (
            "base64 of the DER",
            base64::engine::general_purpose::STANDARD.encode(spki_der).into_bytes(),
        ),
    ];
    for (what, secret) in secrets {
        for keys in ["main", "main-jwk"] {
            let token = hmac_token::<Hmac<Sha256>>("HS256", &secret);
            rows.add(
                format!("HS256, secret is the {what}, {keys}"),
                token,
                keys,
                "alg_not_allowed",
            );
        }
    }
    let secret = pem.as_bytes();
    rows.add("HS384", hmac_token::<Hmac<Sha384>>("HS384", secret), "main", "alg_not_allowed");
    rows.add("HS512", hmac_token::<Hmac<Sha512>>("HS512", secret), "main", "alg_not_allowed");
    rows.add(
        "an HMAC under the name RS256",
        hmac_token::<Hmac<Sha256>>("RS256", secret),
        "main",
        "signature_invalid",
    );
    rows.add(
        "HS256 in a set",
        hmac_token::<Hmac<Sha256>>("HS256", secret),
        "set",
        "alg_not_allowed",
    );
    rows.add(
        "HS256, empty secret",
        hmac_token::<Hmac<Sha256>>("HS256", b""),
        "main",
        "alg_not_allowed",
    );
}

fn hmac_token<M: Mac + KeyInit>(alg: &str, secret: &[u8]) -> String {
    let header = json!({"alg": alg, "typ": "JWT"});
    let input = format!(
        "{}.{}",
        b64(header.to_string().as_bytes()),
        b64(claims_with(json!({})).to_string().as_bytes())
    );
    let mut mac = <M as KeyInit>::new_from_slice(secret).expect("an HMAC key may have any length");
    mac.update(input.as_bytes());
    format!("{input}.{}", b64(&mac.finalize().into_bytes()))
}

fn none(rows: &mut Rows, signers: &Signers) {
    rows.class("alg-none");
    let claims = claims_with(json!({}));
    for case in 0..16_u32 {
        let none: String = "none"
            .chars()
            .enumerate()
            .map(|(i, c)| if case >> i & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        let signed = signers.main.token_with_header(&json!({"alg": none, "typ": "JWT"}), &claims);
        let (input, _) = signed.rsplit_once('.').expect("a token has dots");
        rows.add(format!("{none}, no signature"), format!("{input}."), "main", "alg_not_allowed");
        rows.add(format!("{none}, real signature"), signed.clone(), "main", "alg_not_allowed");
    }
    let rs256 = signers.main.token_with_header(&json!({"alg": "RS256"}), &claims);
    let (input, _) = rs256.rsplit_once('.').expect("a token has dots");
    rows.add("RS256 without signature", format!("{input}."), "main", "signature_invalid");
}

fn other_names(rows: &mut Rows, signers: &Signers) {
    rows.class("alg-name");
    let others = [
        "RS384",
        "RS512",
        "RS1",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "HS256",
        "HS384",
        "HS512",
        "rs256",
        "Rs256",
        "rS256",
        "RS-256",
        "RSA256",
        "SHA256withRSA",
        "RSA-OAEP",
        "RSA1_5",
        "dir",
        "",
        " RS256",
        "RS256 ",
        "RS256\n",
        "RS256\0",
        "RS256,none",
        "RS2560",
        "RS25",
        "ＲＳ２５６",
        "RЅ256",
        "*",
    ];
    for alg in others {
        let token = signers
            .main
            .token_with_header(&json!({"alg": alg, "typ": "JWT"}), &claims_with(json!({})));
        rows.add(format!("{alg:?} with an RS256 signature"), token, "main", "alg_not_allowed");
    }
    let values = [
        ("missing", json!({"typ": "JWT"})),
        ("null", json!({"alg": null})),
        ("true", json!({"alg": true})),
        ("a number", json!({"alg": 256})),
        ("a list", json!({"alg": ["RS256"]})),
        ("a list of two", json!({"alg": ["RS256", "none"]})),
        ("an object", json!({"alg": {"RS256": true}})),
        ("under another name", json!({"Alg": "RS256"})),
        ("with a space in its name", json!({"alg ": "RS256"})),
    ];
    for (what, header) in values {
        rows.add(
            format!("alg {what}"),
            signers.main.token_with_header(&header, &claims_with(json!({}))),
            "main",
            "alg_not_allowed",
        );
    }
}

/// Signatures that another algorithm would accept, under the name RS256.
fn other_digests(rows: &mut Rows, signers: &Signers) {
    rows.class("alg-confusion");
    let header = b64(br#"{"alg":"RS256"}"#);
    let input = format!("{header}.{}", b64(claims_with(json!({})).to_string().as_bytes()));
    let private = signers.main.private();
    let signatures = [
        ("RS384", private.pkcs1v15_sign::<Sha384>(input.as_bytes())),
        ("RS512", private.pkcs1v15_sign::<Sha512>(input.as_bytes())),
    ];
    for (what, signature) in signatures {
        let token = format!("{input}.{}", b64(&signature.expect("the key is large enough")));
        rows.add(
            format!("an {what} signature under the name RS256"),
            token,
            "main",
            "signature_invalid",
        );
    }
}

fn embedded_keys(rows: &mut Rows, signers: &Signers) {
    rows.class("embedded-key");
    let attacker = &signers.other;
    let jwk = attacker.jwk();
    let certificate = keys::OTHER_2048_CERTIFICATE;
    let der: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    let members = [
        ("jwk", json!({"jwk": jwk})),
        ("jwk with kid", json!({"jwk": attacker.jwk_with(json!({"kid": "first"}))})),
        ("jwk and kid", json!({"jwk": jwk, "kid": "first"})),
        ("jku", json!({"jku": "http://127.0.0.1:9/jwks.json", "kid": "first"})),
        (
            "jku of the issuer's look",
            json!({"jku": "https://issuer.example@127.0.0.1:9/jwks.json"}),
        ),
        ("x5u", json!({"x5u": "http://127.0.0.1:9/key.pem"})),
        ("x5c", json!({"x5c": [der]})),
        ("x5t", json!({"x5t": b64(&[7; 20]), "x5t#S256": b64(&[7; 32])})),
        ("keys", json!({"keys": [jwk]})),
        ("pem", json!({"pem": attacker.public_pem()})),
    ];
    for (what, members) in members {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        for (name, value) in members.as_object().expect("members are an object") {
            header[name] = value.clone();
        }
        let claims = claims_with(json!({}));
        rows.add(
            format!("{what}, attacker's signature, PEM"),
            attacker.token_with_header(&header, &claims),
            "main",
            "signature_invalid",
        );
        let in_set = if header["kid"] == "first" { "signature_invalid" } else { "kid_missing" };
        rows.add(
            format!("{what}, attacker's signature, set"),
            attacker.token_with_header(&header, &claims),
            "set",
            in_set,
        );
        rows.add(
            format!("{what} is ignored"),
            signers.main.token_with_header(&header, &claims),
            "main",
            ACCEPT,
        );
    }
}

fn critical_extensions(rows: &mut Rows, signers: &Signers) {
    rows.class("crit-b64");
    let values = [
        ("crit of b64, b64 false", json!({"crit": ["b64"], "b64": false}), "crit_not_supported"),
        ("crit of b64, b64 true", json!({"crit": ["b64"], "b64": true}), "crit_not_supported"),
        ("crit of exp", json!({"crit": ["exp"], "exp": 1}), "crit_not_supported"),
        ("crit of alg", json!({"crit": ["alg"]}), "crit_not_supported"),
        (
            "crit of an unknown name",
            json!({"crit": ["http://example.invalid/UNDEFINED"]}),
            "crit_not_supported",
        ),
        ("empty crit", json!({"crit": []}), "crit_not_supported"),
        ("crit null", json!({"crit": null}), "crit_not_supported"),
        ("crit false", json!({"crit": false}), "crit_not_supported"),
        ("crit a string", json!({"crit": "b64"}), "crit_not_supported"),
        ("crit an object", json!({"crit": {}}), "crit_not_supported"),
        ("b64 false", json!({"b64": false}), "b64_not_supported"),
        ("b64 null", json!({"b64": null}), "b64_not_supported"),
        ("b64 the string true", json!({"b64": "true"}), "b64_not_supported"),
        ("b64 0", json!({"b64": 0}), "b64_not_supported"),
        ("b64 1", json!({"b64": 1}), "b64_not_supported"),
        ("Crit is another name", json!({"Crit": ["b64"], "B64": false}), ACCEPT),
    ];
    for (what, members, expected) in values {
        rows.add(
            what,
            signers.main.token_with_header(&with_alg(members), &claims_with(json!({}))),
            "main",
            expected,
        );
    }
    // RFC 7797: with b64 false the payload stands in the token as it is.
    let header = b64(br#"{"alg":"RS256","crit":["b64"],"b64":false}"#);
    let input = format!("{header}.{}", "payload");
    let token = format!("{input}.{}", b64(&signers.main.sign(input.as_bytes())));
    rows.add("an unencoded payload", token, "main", "base64_invalid");
}

fn typ(rows: &mut Rows, signers: &Signers) {
    rows.class("typ");
    let values = [
        ("JOSE", json!("JOSE"), "typ_not_allowed"),
        ("JWS", json!("JWS"), "typ_not_allowed"),
        ("application/jwt", json!("application/jwt"), ACCEPT),
        ("application/at+jwt", json!("application/at+jwt"), ACCEPT),
        ("Application/JWT", json!("Application/JWT"), ACCEPT),
        ("the prefix twice", json!("application/application/jwt"), "typ_not_allowed"),
        ("the prefix alone", json!("application/"), "typ_not_allowed"),
        ("another prefix", json!("text/jwt"), "typ_not_allowed"),
        ("a parameter", json!("application/jwt;x=1"), "typ_not_allowed"),
        ("application/statuslist+jwt", json!("application/statuslist+jwt"), "typ_not_allowed"),
        ("dpop+jwt", json!("dpop+jwt"), "typ_not_allowed"),
        ("secevent+jwt", json!("secevent+jwt"), "typ_not_allowed"),
        ("statuslist+jwt", json!("statuslist+jwt"), "typ_not_allowed"),
        ("empty", json!(""), "typ_not_allowed"),
        ("space", json!("JWT "), "typ_not_allowed"),
        ("Kelvin sign", json!("J\u{212a}T"), "typ_not_allowed"),
        ("null", json!(null), "typ_not_allowed"),
        ("a number", json!(1), "typ_not_allowed"),
        ("a list", json!(["JWT"]), "typ_not_allowed"),
    ];
    for (what, typ, expected) in values {
        rows.add(
            what,
            signers.main.token_with_header(&with_alg(json!({"typ": typ})), &claims_with(json!({}))),
            "main",
            expected,
        );
    }
    let at_jwt = json!({"requireAtJwt": true});
    for (typ, expected) in [
        ("at+jwt", ACCEPT),
        ("At+Jwt", ACCEPT),
        ("application/at+jwt", ACCEPT),
        ("Application/AT+JWT", ACCEPT),
        ("JWT", "typ_not_allowed"),
        ("application/jwt", "typ_not_allowed"),
        ("application/application/at+jwt", "typ_not_allowed"),
        ("at+jw", "typ_not_allowed"),
    ] {
        let token =
            signers.main.token_with_header(&with_alg(json!({"typ": typ})), &claims_with(json!({})));
        rows.add_under(
            format!("{typ} where at+jwt is demanded"),
            token,
            "main",
            expected,
            at_jwt.clone(),
        );
    }
    let token = signers.main.token_with_header(&json!({"alg": "RS256"}), &claims_with(json!({})));
    rows.add_under("absent where at+jwt is demanded", token, "main", "typ_not_allowed", at_jwt);
}

fn with_alg(members: Value) -> Value {
    let mut header = json!({"alg": "RS256"});
    for (name, value) in members.as_object().expect("members are an object") {
        header[name] = value.clone();
    }
    header
}
