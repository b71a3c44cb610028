//! What JavaScript is told of every refusal there is. The answers are kept as TypeScript in `test/types/refusals.ts`, where
//! the compiler holds them against the types that `js/details.ts` promises; `UPDATE_CODE_TABLE=1 cargo test -p
//! verifier-wasm` writes them again.

use std::path::Path;

use serde_json::{Value, json};
use verifier_core::{Code, Found, JwkFault, KeyError, PemFault, Refusal, Segment, Stage, UnixTime, Unsuitable};
use verifier_wasm::answer;

const NOTICE: &str =
    "// Written from the answers of the WebAssembly side by `UPDATE_CODE_TABLE=1 cargo test -p verifier-wasm`.\n";

fn refusals() -> Vec<Refusal> {
    let now = UnixTime::new(1_800_000_000, 500_000_000);
    let earlier = UnixTime::from_secs(1_799_999_999);
    let later = UnixTime::MAX;
    let found = [Found::Absent, Found::NotAString, Found::Text("\"\\\u{0}\u{1f}\u{7f}도장\u{10ffff}".to_owned())];
    let mut refusals = vec![
        Refusal::TooLarge { bytes: 16_385, limit: 16_384 },
        Refusal::SegmentCount { found: 2 },
        Refusal::Crit,
        Refusal::B64,
        Refusal::KidNotAString,
        Refusal::KeyNotFound { kid: "a\nb".to_owned() },
        Refusal::KidMissing { keys: 2 },
        Refusal::Signature,
        Refusal::ClaimMissing("exp"),
        Refusal::ClaimInvalid("aud"),
        Refusal::Expired { expired_at: earlier, now },
        Refusal::NotYetValid { not_before: later, now },
        Refusal::IssuedInFuture { issued_at: later, now },
        Refusal::Audience { expected: None },
        Refusal::Audience { expected: Some("a".to_owned()) },
    ];
    for segment in [Segment::Header, Segment::Payload] {
        refusals.extend([
            Refusal::SegmentEmpty(segment),
            Refusal::NotUtf8 { segment, at: 0 },
            Refusal::NotJson { segment, at: 10 },
            Refusal::NotAnObject(segment),
            Refusal::DuplicateMember { segment, at: 12_288 },
            Refusal::TooDeep(segment),
        ]);
    }
    for segment in [Segment::Header, Segment::Payload, Segment::Signature] {
        refusals.push(Refusal::Base64 { segment, at: 7 });
    }
    for actual in found {
        refusals.extend([
            Refusal::Alg(actual.clone()),
            Refusal::Typ(actual.clone()),
            Refusal::TokenType { expected: "access", actual: actual.clone() },
            Refusal::Issuer { expected: "\"a\"".to_owned(), actual },
        ]);
    }
    refusals
}

fn key_errors() -> Vec<KeyError> {
    let mut errors = vec![
        KeyError::UnknownFormat,
        KeyError::TooLong { bytes: 131_073 },
        KeyError::JsonSyntax { at: 1 },
        KeyError::PrivateKey,
        KeyError::SymmetricKey,
        KeyError::TooSmall { bits: 2047 },
        KeyError::TooLarge { bits: 4097 },
        KeyError::ModulusEven,
        KeyError::ExponentInvalid,
        KeyError::DuplicateKid,
        KeyError::EmptySet,
    ];
    errors.extend(["n", "e", "kid"].map(KeyError::Member));
    errors.extend(PemFault::ALL.iter().map(|fault| KeyError::Pem(*fault)));
    errors.extend(JwkFault::ALL.iter().map(|fault| KeyError::Json(*fault)));
    errors.extend(Unsuitable::ALL.iter().map(|why| KeyError::Unsuitable(*why)));
    errors
}

/// The name of a reason that comes as a number.
fn reason(code: Code, number: usize) -> &'static str {
    match code {
        Code::KeyPemInvalid => PemFault::ALL[number].as_str(),
        Code::KeyJsonInvalid => JwkFault::ALL[number].as_str(),
        Code::KeyUnsuitable => Unsuitable::ALL[number].as_str(),
        other => panic!("{other} has no numbered reasons"),
    }
}

/// The answer as JavaScript reads it; it must be strict JSON and name the refusal's own code.
fn read(answer: &str, code: Code) -> Value {
    let (number, mut details): (usize, Value) =
        serde_json::from_str(answer).unwrap_or_else(|e| panic!("{answer}: {e}"));
    assert_eq!(Code::ALL[number], code, "{answer}");
    if let Some(number) = details["reason"].as_u64() {
        details["reason"] = reason(code, usize::try_from(number).expect("a small number")).into();
    }
    json!({ "code": code.as_str(), "details": details })
}

fn answers() -> Vec<(Code, Value)> {
    let of_tokens = refusals().into_iter().map(|refusal| (refusal.code(), answer::refused(&refusal)));
    let of_keys = key_errors().into_iter().map(|error| (error.code(), answer::unusable(&error)));
    of_tokens.chain(of_keys).map(|(code, answer)| (code, read(&answer, code))).collect()
}

#[test]
fn every_code_has_an_answer() {
    let answers = answers();
    for code in Code::ALL.iter().filter(|code| code.stage() != Stage::Revocation) {
        assert!(answers.iter().any(|(answered, _)| answered == code), "{code}");
    }
}

#[test]
fn the_answers_are_those_that_the_types_of_the_package_are_checked_with() {
    let lines: String = answers().into_iter().map(|(_, answer)| format!("  {answer},\n")).collect();
    let expected = format!(
        "{NOTICE}\nimport type {{ Code, Details }} from \"@dojang/verifier\";\n\n\
         type Refusal = {{ [C in Code]: {{ code: C; details: Details[C] }} }}[Code];\n\n\
         export const refusals: Refusal[] = [\n{lines}];\n"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("test/types/refusals.ts");
    if std::env::var_os("UPDATE_CODE_TABLE").is_some() {
        std::fs::write(&path, &expected).expect("test/types/ of this crate can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "test/types/refusals.ts differs; write it with UPDATE_CODE_TABLE=1 cargo test -p verifier-wasm"
    );
}

#[test]
fn a_time_keeps_its_fraction() {
    let refusal = Refusal::Expired { expired_at: UnixTime::new(10, 1), now: UnixTime::new(0, 999_999_999) };
    let code = Code::TokenExpired as u8;
    assert_eq!(answer::refused(&refusal), format!(r#"[{code},{{"expiredAt":10.000000001,"now":0.999999999}}]"#));
}

#[test]
fn the_largest_time_is_written_in_full() {
    let refusal = Refusal::NotYetValid { not_before: UnixTime::MAX, now: UnixTime::from_secs(0) };
    assert!(answer::refused(&refusal).contains(r#""notBefore":18446744073709551615.999999999,"now":0}"#));
}
