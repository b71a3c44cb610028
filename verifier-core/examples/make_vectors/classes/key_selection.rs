//! Selection of a key from a set, and `kid`s that try to do more.

use serde_json::{Value, json};
use test_support::claims::claims_with;
use test_support::keys;
use test_support::signer::Signer;

use super::Signers;
use crate::rows::{ACCEPT, Rows};

pub fn write(rows: &mut Rows, signers: &Signers) {
    sets(rows, signers);
    set_texts(rows, signers);
    kid(rows, signers);
}

fn sets(rows: &mut Rows, signers: &Signers) {
    rows.class("key-set");
    let main = |extra: Value| signers.main.jwk_with(extra);
    let other = |extra: Value| signers.other.jwk_with(extra);
    let ec = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "first"});
    let weak = Signer::from_pem(keys::WEAK_1024).jwk_with(json!({"kid": "weak"}));
    let first = json!({"alg": "RS256", "kid": "first"});
    let none = json!({"alg": "RS256"});
    let rsa3072 = |extra: Value| signers.rsa3072.jwk_with(extra);
    let sets: Vec<(&'static str, &'static str, Value, &Value, &'static str)> = vec![
        (
            "one key, kid given",
            "set-one",
            json!({"keys": [main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "one key, no kid given",
            "set-one",
            json!({"keys": [main(json!({"kid": "first"}))]}),
            &none,
            ACCEPT,
        ),
        (
            "one key without kid, none given",
            "set-bare",
            json!({"keys": [main(json!({}))]}),
            &none,
            ACCEPT,
        ),
        (
            "one key without kid, one given",
            "set-bare",
            json!({"keys": [main(json!({}))]}),
            &first,
            "key_not_found",
        ),
        (
            "two keys, no kid given",
            "set-two",
            json!({"keys": [main(json!({"kid": "first"})), other(json!({"kid": "second"}))]}),
            &none,
            "kid_missing",
        ),
        (
            "two keys without kid, none given",
            "set-two-bare",
            json!({"keys": [main(json!({})), other(json!({}))]}),
            &none,
            "kid_missing",
        ),
        (
            "two suitable keys with one kid",
            "set-duplicate",
            json!({"keys": [main(json!({"kid": "first"})), other(json!({"kid": "first"}))]}),
            &first,
            "kid_ambiguous",
        ),
        (
            "two suitable keys with one kid, none given",
            "set-duplicate",
            json!({"keys": [main(json!({"kid": "first"})), other(json!({"kid": "first"}))]}),
            &none,
            "kid_missing",
        ),
        (
            "an ambiguous kid beside, another given",
            "set-ambiguous-beside",
            json!({"keys": [
                other(json!({"kid": "second"})), rsa3072(json!({"kid": "second"})),
                main(json!({"kid": "first"})),
            ]}),
            &first,
            ACCEPT,
        ),
        (
            "an ambiguous kid, one key of it twice",
            "set-ambiguous-twice",
            json!({"keys": [
                main(json!({"kid": "first"})), main(json!({"kid": "first"})),
                other(json!({"kid": "first"})),
            ]}),
            &first,
            "kid_ambiguous",
        ),
        (
            "the same key twice",
            "set-twice",
            json!({"keys": [main(json!({"kid": "first"})), main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "the same key twice, no kid given",
            "set-twice",
            json!({"keys": [main(json!({"kid": "first"})), main(json!({"kid": "first"}))]}),
            &none,
            ACCEPT,
        ),
        (
            "the same key under two kids",
            "set-two-kids",
            json!({"keys": [main(json!({"kid": "first"})), main(json!({"kid": "second"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "the same key under two kids, no kid given",
            "set-two-kids",
            json!({"keys": [main(json!({"kid": "first"})), main(json!({"kid": "second"}))]}),
            &none,
            ACCEPT,
        ),
        (
            "the same modulus with another exponent",
            "set-exponents",
            json!({"keys": [
                main(json!({"kid": "first"})),
                main(json!({"kid": "first", "e": "Aw"})),
            ]}),
            &first,
            "kid_ambiguous",
        ),
        (
            "a key of an unsuitable type",
            "set-kty-number",
            json!({"keys": [{"kty": 5}, {"kty": "XYZ"}, {}, main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "kid in another case",
            "set-case",
            json!({"keys": [main(json!({"kid": "FIRST"}))]}),
            &first,
            "key_not_found",
        ),
        (
            "an unsuitable key with the same kid",
            "set-skip-kid",
            json!({"keys": [ec, main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "an encryption key with the same kid",
            "set-skip-enc",
            json!({"keys": [other(json!({"kid": "first", "use": "enc"})), main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "an unsuitable key beside, no kid given",
            "set-skip",
            json!({"keys": [other(json!({"use": "enc"})), main(json!({}))]}),
            &none,
            ACCEPT,
        ),
        (
            "a key of an unknown kind beside",
            "set-unknown",
            json!({"keys": [{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}, main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "a weak key beside",
            "set-weak",
            json!({"keys": [weak, main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "a broken key beside",
            "set-broken",
            json!({"keys": [{"kty": "RSA", "kid": "x"}, main(json!({"kid": "first"}))]}),
            &first,
            ACCEPT,
        ),
        (
            "only unsuitable keys",
            "set-unsuitable",
            json!({"keys": [main(json!({"use": "enc"}))]}),
            &none,
            "key_unsuitable",
        ),
        ("no keys", "set-empty", json!({"keys": []}), &none, "key_set_empty"),
        (
            "a private member",
            "set-private",
            json!({"keys": [main(json!({"kid": "first"})), other(json!({"kid": "second", "d": "AA"}))]}),
            &first,
            "key_private",
        ),
        (
            "a private member of another kind",
            "set-private-ec",
            json!({"keys": [main(json!({"kid": "first"})), {"kty": "EC", "d": "AA"}]}),
            &first,
            "key_private",
        ),
        (
            "a symmetric key",
            "set-oct",
            json!({"keys": [main(json!({"kid": "first"})), {"kty": "oct", "k": "AA"}]}),
            &first,
            "key_symmetric",
        ),
        (
            "keys not a list",
            "set-object",
            json!({"keys": {"first": main(json!({}))}}),
            &none,
            "key_json_invalid",
        ),
        (
            "an element not an object",
            "set-text",
            json!({"keys": ["x", main(json!({}))]}),
            &none,
            "key_json_invalid",
        ),
        ("keys null", "set-null", json!({"keys": null}), &none, "key_unsuitable"),
        ("an element null", "set-element-null", json!({"keys": [null]}), &none, "key_json_invalid"),
        (
            "private members null",
            "set-private-null",
            json!({"keys": [main(json!({"kid": "first", "d": null})), {"kty": "EC", "kid": "ec", "d": null}]}),
            &first,
            ACCEPT,
        ),
        (
            "kid null, one given",
            "set-kid-null",
            json!({"keys": [main(json!({"kid": null}))]}),
            &first,
            "key_not_found",
        ),
        (
            "kid null, none given",
            "set-kid-null",
            json!({"keys": [main(json!({"kid": null}))]}),
            &none,
            ACCEPT,
        ),
        (
            "other members beside keys",
            "set-members",
            json!({"keys": [main(json!({"kid": "first"}))], "x": {"y": 1}}),
            &first,
            ACCEPT,
        ),
    ];
    for (what, name, set, header, expected) in sets {
        rows.keys(name, set.to_string());
        rows.add(
            what,
            signers.main.token_with_header(header, &claims_with(json!({}))),
            name,
            expected,
        );
    }
}

/// Sets that `serde_json` would not write.
fn set_texts(rows: &mut Rows, signers: &Signers) {
    let main = signers.main.jwk_with(json!({"kid": "first"})).to_string();
    let other = signers.other.jwk_with(json!({"kid": "first"})).to_string();
    let escaped = other.replace("\"first\"", r#""\u0066irst""#);
    let twice = main.replacen('{', r#"{"e":"AQAB","#, 1);
    let texts = [
        (
            "one kid, once written with an escape",
            "set-ambiguous-escaped",
            format!(r#"{{"keys":[{main},{escaped}]}}"#),
            "kid_ambiguous",
        ),
        (
            "keys twice, the first empty",
            "set-keys-twice",
            format!(r#"{{"keys":[],"keys":[{main}]}}"#),
            "key_json_invalid",
        ),
        (
            "keys twice, the second empty",
            "set-keys-twice-2",
            format!(r#"{{"keys":[{main}],"keys":[]}}"#),
            "key_json_invalid",
        ),
        (
            "a member of a key twice",
            "set-member-twice",
            format!(r#"{{"keys":[{twice}]}}"#),
            "key_json_invalid",
        ),
        (
            "a member of a key twice, once written with an escape",
            "set-member-twice-escaped",
            format!(r#"{{"keys":[{}]}}"#, twice.replacen("\"e\"", r#""\u0065""#, 1)),
            "key_json_invalid",
        ),
        (
            "a nested member twice beside the keys",
            "set-nested-twice",
            format!(r#"{{"keys":[{main}],"x":{{"y":1,"y":2}}}}"#),
            "key_json_invalid",
        ),
    ];
    for (what, name, text, expected) in texts {
        rows.keys(name, text);
        let header = json!({"alg": "RS256", "kid": "first"});
        let token = signers.main.token_with_header(&header, &claims_with(json!({})));
        rows.add(what, token, name, expected);
    }
}

fn kid(rows: &mut Rows, signers: &Signers) {
    rows.class("kid-injection");
    let texts = [
        "third",
        "",
        "First",
        "first ",
        " first",
        "first\0",
        "first\n",
        "first,second",
        "../../../../dev/null",
        "/dev/null",
        "file:///etc/passwd",
        "http://127.0.0.1:9/key",
        "' OR '1'='1",
        "first'; DROP TABLE keys; --",
        "x' UNION SELECT 'key",
        "| id",
        "$(id)",
        "{{7*7}}",
        "%00",
        "%s%n",
        "__proto__",
        "constructor",
        "toString",
        "ﬁrst",
        "0",
        "*",
        ".",
    ];
    for kid in texts {
        let token = signers
            .main
            .token_with_header(&json!({"alg": "RS256", "kid": kid}), &claims_with(json!({})));
        rows.add(format!("{kid:?}"), token, "set", "key_not_found");
    }
    let long = "f".repeat(5000);
    let token = signers
        .main
        .token_with_header(&json!({"alg": "RS256", "kid": long}), &claims_with(json!({})));
    rows.add("5,000 letters", token, "set", "key_not_found");
    let escaped = signers.main.token_of_bytes(
        br#"{"alg":"RS256","kid":"\u0066irst"}"#,
        claims_with(json!({})).to_string().as_bytes(),
    );
    rows.add("escaped, the same string", escaped, "set", ACCEPT);
    let wrong = signers
        .main
        .token_with_header(&json!({"alg": "RS256", "kid": "second"}), &claims_with(json!({})));
    rows.add("the other key's", wrong, "set", "signature_invalid");
    for (what, value) in [
        ("a number", json!(1)),
        ("null", json!(null)),
        ("true", json!(true)),
        ("a list", json!(["first"])),
        ("an object", json!({"first": 1})),
        ("a fraction", json!(0.5)),
    ] {
        for keys in ["set", "main"] {
            let token = signers
                .main
                .token_with_header(&json!({"alg": "RS256", "kid": value}), &claims_with(json!({})));
            rows.add(format!("{what}, {keys}"), token, keys, "kid_invalid");
        }
    }
}
