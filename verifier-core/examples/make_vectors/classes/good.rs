//! Tokens that must be accepted: strictness that refuses them would be worth nothing.

use super::Signers;
use crate::rows::{ACCEPT, Rows};
use serde_json::json;
use test_support::claims::{NOW, claims_with, header};
use test_support::encoding::b64;

pub fn write(rows: &mut Rows, signers: &Signers) {
    rows.class("good");
    let main = &signers.main;
    rows.add("as the issuer makes it, PEM", main.token_with(json!({})), "main", ACCEPT);
    rows.add("as the issuer makes it, JWK", main.token_with(json!({})), "main-jwk", ACCEPT);
    rows.add("3072 bits", signers.rsa3072.token_with(json!({})), "rsa3072", ACCEPT);
    rows.add("4096 bits", signers.rsa4096.token_with(json!({})), "rsa4096", ACCEPT);
    rows.add("exponent 3", signers.e3.token_with(json!({})), "e3", ACCEPT);
    for (kid, signer) in [("first", main), ("second", &signers.other)] {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": kid});
        rows.add(
            format!("kid {kid} of two"),
            signer.token_with_header(&header, &claims_with(json!({}))),
            "set",
            ACCEPT,
        );
    }
    headers(rows, signers);
    payloads(rows, signers);
    sizes(rows, signers);
}

fn headers(rows: &mut Rows, signers: &Signers) {
    let payload = claims_with(json!({})).to_string();
    let headers = [
        ("alg alone", r#"{"alg":"RS256"}"#),
        ("typ in lower case", r#"{"alg":"RS256","typ":"jwt"}"#),
        ("typ with its prefix", r#"{"alg":"RS256","typ":"application/jwt"}"#),
        (
            "claims in the header, with other values",
            r#"{"alg":"RS256","iss":"x","aud":"y","exp":1}"#,
        ),
        ("enc and zip, which belong to JWE", r#"{"alg":"RS256","enc":"A256GCM","zip":"DEF"}"#),
        ("cty", r#"{"alg":"RS256","cty":"JWT"}"#),
        ("typ at+jwt", r#"{"alg":"RS256","typ":"at+jwt"}"#),
        ("typ AT+JWT", r#"{"alg":"RS256","typ":"AT+JWT"}"#),
        (
            "white space everywhere",
            " \t\r\n{ \t\r\n\"alg\" : \"RS256\" ,\n\"typ\":\"JWT\" }\r\n\t ",
        ),
        ("escaped name and value", r#"{"\u0061lg":"\u0052S256","typ":"J\u0057T"}"#),
        ("b64 true", r#"{"alg":"RS256","b64":true}"#),
        ("unknown members", r#"{"alg":"RS256","cty":"x","x":{"y":[1,2.5e-3,null,{"z":""}]},"":0}"#),
        ("kid that a PEM key ignores", r#"{"alg":"RS256","kid":"whatever"}"#),
        ("empty kid with a PEM key", r#"{"alg":"RS256","kid":""}"#),
        (
            "case-variant names are other names",
            r#"{"alg":"RS256","ALG":"none","Crit":["x"],"KID":1}"#,
        ),
        ("surrogate pair", r#"{"alg":"RS256","x":"\ud83d\ude00\uDBFF\uDFFF"}"#),
    ];
    for (what, header) in headers {
        let token = signers.main.token_of_bytes(header.as_bytes(), payload.as_bytes());
        rows.add(format!("header: {what}"), token, "main", ACCEPT);
    }
}

fn payloads(rows: &mut Rows, signers: &Signers) {
    let exp = NOW + 60;
    let nested = format!("{}{}", "[".repeat(19), "]".repeat(19));
    let payloads = [
        ("the least there is", format!(r#"{{"exp":{exp},"token_type":"access"}}"#)),
        (
            "Korean and emoji",
            format!(
                r#"{{"exp":{exp},"token_type":"access","username":"도장😀","\ub3c4":"\uc7a5"}}"#
            ),
        ),
        (
            "escapes of every kind",
            format!(r#"{{"exp":{exp},"token_type":"access","x":"\"\\\/\b\f\n\r\t\u0000\u001F"}}"#),
        ),
        ("escaped claim names", format!(r#"{{"\u0065xp":{exp},"token\u005ftype":"\u0061ccess"}}"#)),
        ("20 levels", format!(r#"{{"exp":{exp},"token_type":"access","x":{nested}}}"#)),
        (
            "numbers of every form",
            format!(r#"{{"exp":{exp},"token_type":"access","x":[0,-0,1.5,-1.5e+3,1E-7,0.0,10]}}"#),
        ),
        (
            "large numbers elsewhere",
            format!(r#"{{"exp":{exp},"token_type":"access","x":1e999,"y":{}}}"#, "9".repeat(400)),
        ),
        (
            "the same name in different objects",
            format!(r#"{{"exp":{exp},"token_type":"access","a":{{"exp":1}},"b":{{"exp":"x"}}}}"#),
        ),
        (
            "names that differ in case",
            format!(r#"{{"exp":{exp},"token_type":"access","EXP":1,"Token_Type":"refresh"}}"#),
        ),
        (
            "prototype names",
            format!(
                r#"{{"exp":{exp},"token_type":"access","__proto__":{{"role":"admin"}},"constructor":1}}"#
            ),
        ),
        (
            "DEL and non-characters raw",
            format!(
                "{{\"exp\":{exp},\"token_type\":\"access\",\"x\":\"\u{7f}\u{80}\u{ffff}\u{10ffff}\"}}"
            ),
        ),
    ];
    for (what, payload) in payloads {
        let token =
            signers.main.token_of_bytes(header().to_string().as_bytes(), payload.as_bytes());
        rows.add(format!("payload: {what}"), token, "main", ACCEPT);
    }
}

/// The longest token there is, and every remainder of the segments' lengths.
fn sizes(rows: &mut Rows, signers: &Signers) {
    let main = &signers.main;
    for filler in 0..6 {
        let token = main.token_with(json!({"x": "x".repeat(filler)}));
        rows.add(format!("{filler} bytes of filler"), token, "main", ACCEPT);
    }
    let header = b64(br#"{"alg":"RS256"}"#).len();
    let signature = 342;
    // Characters left for the payload: 3 bytes make 4 of them.
    let payload_bytes = (16_384 - header - signature - 2) / 4 * 3;
    let frame = format!(r#"{{"token_type":"access","exp":{},"x":""}}"#, NOW + 60);
    let payload = frame
        .replace(r#""x":"""#, &format!(r#""x":"{}""#, "x".repeat(payload_bytes - frame.len())));
    let token = main.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
    assert!((16_380..=16_384).contains(&token.len()), "{} bytes", token.len());
    rows.add(format!("{} bytes", token.len()), token, "main", ACCEPT);
}
