//! JSON that two parsers could read differently, or that would hurt a careless one.

use super::Signers;
use crate::rows::{ACCEPT, Rows};
use serde_json::json;
use test_support::claims::NOW;
use test_support::encoding::b64;

pub fn write(rows: &mut Rows, signers: &Signers) {
    duplicates(rows, signers);
    nesting(rows, signers);
    numbers(rows, signers);
    grammar(rows, signers);
    not_text(rows, signers);
}

/// A payload with the claims every token needs, and `members` after them.
fn payload_with(members: &str) -> String {
    format!(
        r#"{{"token_type":"access","exp":{}{}{members}}}"#,
        NOW + 60,
        if members.is_empty() { "" } else { "," }
    )
}

fn header_with(members: &str) -> String {
    format!(r#"{{"alg":"RS256"{}{members}}}"#, if members.is_empty() { "" } else { "," })
}

fn duplicates(rows: &mut Rows, signers: &Signers) {
    rows.class("duplicate-member");
    let headers = [
        ("alg, equal", header_with(r#""alg":"RS256""#)),
        ("alg, none last", header_with(r#""alg":"none""#)),
        ("alg, none first", r#"{"alg":"none","alg":"RS256"}"#.into()),
        ("alg, escaped", header_with(r#""\u0061lg":"none""#)),
        ("alg, three times", header_with(r#""alg":"RS256","alg":"RS256""#)),
        ("kid", header_with(r#""kid":"first","kid":"second""#)),
        ("typ", header_with(r#""typ":"JWT","typ":"JWT""#)),
        ("unknown name", header_with(r#""x":1,"x":1"#)),
        ("empty name", header_with(r#""":1,"":1"#)),
        ("two levels down", header_with(r#""x":{"y":{"z":1,"z":2}}"#)),
        ("in an object in a list", header_with(r#""x":[1,{"y":1,"y":2}]"#)),
    ];
    let payload = payload_with("");
    for (what, header) in headers {
        let token = signers.main.token_of_bytes(header.as_bytes(), payload.as_bytes());
        rows.add(format!("header: {what}"), token, "main", "header_duplicate_member");
    }
    let many: String = (0..600).map(|i| format!(r#""m{i}":{i},"#)).collect();
    let payloads = [
        ("exp", format!(r#"{{"exp":1,"token_type":"access","exp":{}}}"#, NOW + 60)),
        ("exp, the late one first", payload_with(r#""exp":1"#)),
        ("role", payload_with(r#""role":"instructor","role":"admin""#)),
        ("role, escaped", payload_with(r#""role":"instructor","r\u006fle":"admin""#)),
        (
            "role, both escaped in different ways",
            payload_with(r#""\u0072ole":"instructor","rol\u0065":"admin""#),
        ),
        ("role, upper-case hex digits", payload_with(r#""r\u006Fle":"a","r\u006fle":"b""#)),
        ("token_type", payload_with(r#""token_type":"refresh""#)),
        ("user_id", payload_with(r#""user_id":1,"user_id":2"#)),
        ("unknown name", payload_with(r#""x":1,"x":1"#)),
        ("a solidus, escaped and not", payload_with(r#""a/b":1,"a\/b":2"#)),
        (
            "a character beyond the BMP, escaped and not",
            payload_with("\"\u{1f600}\":1,\"\\ud83d\\ude00\":2"),
        ),
        ("a quotation mark, escaped in two ways", payload_with(r#""\"":1,"\u0022":2"#)),
        ("a NUL", payload_with(r#""\u0000":1,"\u0000":2"#)),
        (
            "at level 20",
            format!(
                r#"{{"exp":{},"token_type":"access","x":{}{{"y":1,"y":1}}{}}}"#,
                NOW + 60,
                "[".repeat(18),
                "]".repeat(18)
            ),
        ),
        ("among 600, first and last", payload_with(&format!(r#"{many}"m0":0"#))),
        ("among 600, neighbours", payload_with(&format!(r#"{many}"m599":0"#))),
        ("__proto__", payload_with(r#""__proto__":1,"__proto__":2"#)),
    ];
    for (what, payload) in payloads {
        let token = signers.main.token_of_bytes(header_with("").as_bytes(), payload.as_bytes());
        rows.add(format!("payload: {what}"), token, "main", "payload_duplicate_member");
    }
    let different = payload_with(&format!("{many}\"\u{e9}\":1,\"e\u{301}\":2"));
    let token = signers.main.token_of_bytes(header_with("").as_bytes(), different.as_bytes());
    rows.add("600 names and two that only normalisation would make equal", token, "main", ACCEPT);
}

fn nesting(rows: &mut Rows, signers: &Signers) {
    rows.class("json-bomb");
    for levels in [2, 20, 31, 32, 33, 34, 64, 1000, 5000] {
        for (what, open, close) in [("lists", "[", "]"), ("objects", "{\"a\":", "}")] {
            if levels == 5000 && what == "objects" {
                continue;
            }
            let inner = if what == "lists" { "" } else { "0" };
            let deep = format!("{}{inner}{}", open.repeat(levels - 1), close.repeat(levels - 1));
            let fits = levels <= 32;
            let payload = payload_with(&format!(r#""x":{deep}"#));
            let token = signers.main.token_of_bytes(header_with("").as_bytes(), payload.as_bytes());
            let expected = if fits { ACCEPT } else { "payload_too_deep" };
            rows.add(format!("payload: {levels} levels of {what}"), token, "main", expected);
            let token = signers.main.token_of_bytes(
                header_with(&format!(r#""x":{deep}"#)).as_bytes(),
                payload_with("").as_bytes(),
            );
            let expected = if fits { ACCEPT } else { "header_too_deep" };
            rows.add(format!("header: {levels} levels of {what}"), token, "main", expected);
        }
    }
    let unclosed = format!("{{\"x\":{}", "[".repeat(9000));
    let input = format!("{}.{}", b64(unclosed.as_bytes()), b64(b"{}"));
    rows.add(
        "header: 9,000 open brackets",
        format!("{input}.{}", b64(&[1; 256])),
        "main",
        "header_too_deep",
    );
    let names: String = (0..1200).map(|i| format!(r#","{i}":0"#)).collect();
    let token = signers
        .main
        .token_of_bytes(header_with("").as_bytes(), payload_with(&names[1..]).as_bytes());
    rows.add("payload: 1,200 names", token, "main", ACCEPT);
    let long = payload_with(&format!(r#""x":{}"#, "1".repeat(9000)));
    let token = signers.main.token_of_bytes(header_with("").as_bytes(), long.as_bytes());
    rows.add("payload: a number of 9,000 digits", token, "main", ACCEPT);
    let long = payload_with(&format!(r#""x":"{}""#, r"\u0041".repeat(1500)));
    let token = signers.main.token_of_bytes(header_with("").as_bytes(), long.as_bytes());
    rows.add("payload: 1,500 escapes", token, "main", ACCEPT);
}

fn numbers(rows: &mut Rows, signers: &Signers) {
    rows.class("json-number");
    let huge_exponent = format!("1e{}", "9".repeat(400));
    let long_fraction = format!("{}.{}1", NOW, "0".repeat(300));
    let many_zeros = format!("0.{}1730277661e330", "0".repeat(320));
    let values = [
        ("1e400", "claim_invalid"),
        ("1E400", "claim_invalid"),
        ("1e+400", "claim_invalid"),
        ("123456789e301", "claim_invalid"),
        ("1.7976931348623157e308", ACCEPT),
        ("1.7976931348623159e308", "claim_invalid"),
        ("0.1e309", ACCEPT),
        ("1e308", ACCEPT),
        ("1e309", "claim_invalid"),
        (&huge_exponent, "claim_invalid"),
        ("-1e400", "claim_invalid"),
        ("-1", "claim_invalid"),
        ("-0.000001", "claim_invalid"),
        ("-0", "token_expired"),
        ("-0.0", "token_expired"),
        ("0", "token_expired"),
        ("0e9999999999999999999999", "token_expired"),
        ("1e-9999999999999999999999", "token_expired"),
        ("18446744073709551615", ACCEPT),
        ("18446744073709551616", ACCEPT),
        ("18446744075439829216", ACCEPT),
        ("4294967296", ACCEPT),
        ("9223372036854775808", ACCEPT),
        ("340282366920938463463374607431768211456", ACCEPT),
        ("1730277600", "token_expired"),
        ("1730277600.0", "token_expired"),
        ("1730277600.000000000", "token_expired"),
        ("17302776e2", "token_expired"),
        ("17302776.00E+2", "token_expired"),
        ("173027760000e-2", "token_expired"),
        ("1730277599.999999999999", "token_expired"),
        ("1730277600.5", ACCEPT),
        ("1730277600.000000001", ACCEPT),
        ("1.730277601e9", ACCEPT),
        ("0.1730277601e10", ACCEPT),
        (&long_fraction, ACCEPT),
        (&many_zeros, ACCEPT),
        ("01730277660", "payload_invalid"),
        ("-01", "payload_invalid"),
        ("00", "payload_invalid"),
        ("1730277660.", "payload_invalid"),
        (".5", "payload_invalid"),
        ("-", "payload_invalid"),
        ("+1730277660", "payload_invalid"),
        ("1e", "payload_invalid"),
        ("1e+", "payload_invalid"),
        ("1.e5", "payload_invalid"),
        ("1730277660e0.5", "payload_invalid"),
        ("0x67222222", "payload_invalid"),
        ("1_730_277_660", "payload_invalid"),
        ("1730277660n", "payload_invalid"),
        ("1,730", "payload_invalid"),
        ("NaN", "payload_invalid"),
        ("-NaN", "payload_invalid"),
        ("Infinity", "payload_invalid"),
        ("-Infinity", "payload_invalid"),
        ("１７３０２７７６６０", "payload_invalid"),
    ];
    for (exp, expected) in values {
        let payload = format!(r#"{{"token_type":"access","exp":{exp}}}"#);
        let token = signers.main.token_of_bytes(header_with("").as_bytes(), payload.as_bytes());
        let shown: String = exp.chars().take(40).collect();
        rows.add(format!("exp {shown}"), token, "main", expected);
    }
    for (iat, expected) in [
        ("1e400", "claim_invalid"),
        ("-1", "claim_invalid"),
        ("1e20", "token_issued_in_future"),
        ("0.5", ACCEPT),
    ] {
        let token = signers.main.token_of_bytes(
            header_with("").as_bytes(),
            payload_with(&format!(r#""iat":{iat}"#)).as_bytes(),
        );
        rows.add_under(format!("iat {iat}"), token, "main", expected, json!({"futureLeeway": 0}));
    }
    for (nbf, expected) in [
        ("1e400", "claim_invalid"),
        ("-1", "claim_invalid"),
        ("1e20", "token_not_yet_valid"),
        ("1730277600.000", ACCEPT),
        ("1730277600.0000001", "token_not_yet_valid"),
    ] {
        let token = signers.main.token_of_bytes(
            header_with("").as_bytes(),
            payload_with(&format!(r#""nbf":{nbf}"#)).as_bytes(),
        );
        rows.add_under(format!("nbf {nbf}"), token, "main", expected, json!({"futureLeeway": 0}));
    }
}

fn grammar(rows: &mut Rows, signers: &Signers) {
    rows.class("json-grammar");
    let good = payload_with("");
    let inside = |text: &str| payload_with(&format!(r#""x":{text}"#));
    let payloads = [
        ("something after it", format!("{good}x")),
        ("another object after it", format!("{good}{{}}")),
        ("a comma after it", format!("{good},")),
        ("a NUL after it", format!("{good}\0")),
        ("a NUL in front", format!("\0{good}")),
        ("a byte order mark", format!("\u{feff}{good}")),
        ("a no-break space in front", format!("\u{a0}{good}")),
        ("a form feed after it", format!("{good}\u{c}")),
        ("a vertical tab after it", format!("{good}\u{b}")),
        ("a line separator after it", format!("{good}\u{2028}")),
        ("a trailing comma", payload_with(r#""x":1,"#)),
        ("a trailing comma in a list", inside("[1,]")),
        ("a leading comma", good.replacen('{', "{,", 1)),
        ("two commas", good.replacen(',', ",,", 1)),
        ("a missing comma", payload_with(r#""x":1 "y":2"#)),
        ("a missing colon", payload_with(r#""x" 1"#)),
        ("a missing value", payload_with(r#""x":"#)),
        ("an unquoted name", payload_with("x:1")),
        ("single quotes", payload_with("'x':1")),
        ("a number as name", payload_with("1:1")),
        ("null as name", payload_with("null:1")),
        ("a line comment", format!("{good}//")),
        ("a block comment", payload_with(r#"/**/"x":1"#)),
        ("a hash comment", format!("{good}#")),
        ("an unclosed object", good[..good.len() - 1].to_owned()),
        ("an unclosed list", inside("[1")),
        ("an unclosed string", inside("\"x")),
        ("closed with the other bracket", inside("[1}")),
        ("one brace too many", format!("{good}}}")),
        ("True", inside("True")),
        ("undefined", inside("undefined")),
        ("tru", inside("tru")),
        ("truee", inside("truee")),
        ("nul", inside("nul")),
        ("a raw line break in a string", inside("\"\n\"")),
        ("a raw tab in a string", inside("\"\t\"")),
        ("a raw NUL in a string", inside("\"\0\"")),
        ("a raw unit separator in a string", inside("\"\u{1f}\"")),
        ("an unknown escape", inside(r#""\x41""#)),
        ("an escaped apostrophe", inside(r#""\'""#)),
        ("an upper-case U escape", inside(r#""\U0041""#)),
        ("three hex digits", inside(r#""\u004""#)),
        ("hex digits that are not", inside(r#""\u00g1""#)),
        ("a sign in hex digits", inside(r#""\u+041""#)),
        ("a lone high surrogate", inside(r#""\ud800""#)),
        ("a lone low surrogate", inside(r#""\udc00""#)),
        ("a high surrogate and a letter", inside(r#""\ud800x""#)),
        ("a high surrogate and another escape", inside(r#""\ud800\n""#)),
        ("two high surrogates", inside(r#""\ud800\ud800""#)),
        ("surrogates in the wrong order", inside(r#""\udc00\ud800""#)),
        ("a high surrogate and a BMP escape", inside(r#""\ud800\u0041""#)),
        ("a lone surrogate in a name", payload_with(r#""\ud800":1"#)),
        ("only white space", "  \n".into()),
        ("only a brace", "{".into()),
        ("a list", format!("[{good}]")),
        ("a string", "\"x\"".into()),
        ("a number", "1".into()),
        ("null", "null".into()),
        ("true", "true".into()),
    ];
    for (what, payload) in payloads {
        let token = signers.main.token_of_bytes(header_with("").as_bytes(), payload.as_bytes());
        rows.add(format!("payload: {what}"), token, "main", "payload_invalid");
    }
    let good = header_with("");
    let headers = [
        ("something after it", format!("{good}x")),
        ("another object after it", format!("{good}{good}")),
        ("a byte order mark", format!("\u{feff}{good}")),
        ("a trailing comma", r#"{"alg":"RS256",}"#.to_owned()),
        ("single quotes", "{'alg':'RS256'}".into()),
        ("a comment", r#"{"alg":"RS256"/*"*/}"#.into()),
        ("an unclosed object", r#"{"alg":"RS256""#.into()),
        ("a raw control character", "{\"alg\":\"RS256\",\"x\":\"\u{1}\"}".into()),
        ("a lone surrogate", header_with(r#""kid":"\ud800""#)),
        ("a leading zero", header_with(r#""x":01"#)),
        ("NaN", header_with(r#""x":NaN"#)),
        ("a list", format!("[{good}]")),
        ("a string", "\"RS256\"".into()),
        ("null", "null".into()),
        ("a space", " ".into()),
    ];
    for (what, header) in headers {
        let token = signers.main.token_of_bytes(header.as_bytes(), payload_with("").as_bytes());
        rows.add(format!("header: {what}"), token, "main", "header_invalid");
    }
}

fn not_text(rows: &mut Rows, signers: &Signers) {
    rows.class("not-utf8");
    let errors: [(&str, &[u8]); 9] = [
        ("a byte that never occurs", b"\xff"),
        ("a lone continuation byte", b"\x80"),
        ("an overlong solidus", b"\xc0\xaf"),
        ("an overlong NUL", b"\xc0\x80"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("a surrogate pair (CESU-8)", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("beyond U+10FFFF", b"\xf4\x90\x80\x80"),
        ("a cut sequence", b"\xe3\x81"),
        ("Latin-1", b"\xe9"),
    ];
    for (what, bytes) in errors {
        let with = |frame: String| {
            let (before, after) = frame.split_once('@').expect("the frame has a place");
            [before.as_bytes(), bytes, after.as_bytes()].concat()
        };
        let payload = with(payload_with(r#""x":"@""#));
        let token = signers.main.token_of_bytes(header_with("").as_bytes(), &payload);
        rows.add(format!("payload: {what}"), token, "main", "payload_invalid");
        let header = with(header_with(r#""x":"@""#));
        let token = signers.main.token_of_bytes(&header, payload_with("").as_bytes());
        rows.add(format!("header: {what}"), token, "main", "header_invalid");
    }
    let utf16: Vec<u8> = payload_with("").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let token = signers.main.token_of_bytes(header_with("").as_bytes(), &utf16);
    rows.add("payload: UTF-16", token, "main", "payload_invalid");
}
