//! What JavaScript is told, as JSON: `[header, claims]` of an accepted token, `[code, details]` of a refused one.
//!
//! `code` is the place of the refusal's code in [`Code::ALL`]; its name and its sentences are on the JavaScript side.
//! `details` is an object of the values that matter. Their TypeScript types are in `js/details.ts`; the tests of this crate
//! hold the two together.

use alloc::string::String;
use verifier_core::{Code, Found, KeyError, Refusal, Segment, UnixTime, VerifiedToken};

/// The verdict on a token.
#[must_use]
pub fn verdict(verdict: &Result<VerifiedToken, Refusal>) -> String {
    match verdict {
        Ok(token) => accepted(token.header_json(), token.claims_json()),
        Err(refusal) => refused(refusal),
    }
}

/// Keys that cannot be used: `[code, details]`.
#[must_use]
pub fn unusable(error: &KeyError) -> String {
    let mut answer = Refused::with(error.code());
    match error {
        KeyError::TooLong { bytes } => answer.number("bytes", *bytes as u64),
        KeyError::Pem(fault) => answer.number("reason", *fault as u64),
        KeyError::JsonSyntax { at } => answer.fault("not_json", *at),
        KeyError::Json(fault) => answer.number("reason", *fault as u64),
        KeyError::Unsuitable(why) => answer.number("reason", *why as u64),
        KeyError::Member(member) => answer.text("member", member),
        KeyError::TooSmall { bits } | KeyError::TooLarge { bits } => answer.number("bits", u64::from(*bits)),
        _ => {}
    }
    answer.end()
}

/// A refused token: `[code, details]`.
#[must_use]
pub fn refused(refusal: &Refusal) -> String {
    let mut answer = Refused::with(refusal.code());
    match refusal {
        Refusal::TooLarge { bytes, limit } => {
            answer.number("bytes", *bytes as u64);
            answer.number("limit", *limit as u64);
        }
        Refusal::SegmentCount { found } => answer.number("segments", *found as u64),
        Refusal::SegmentEmpty(segment) => answer.segment(*segment),
        Refusal::Base64 { segment, at } => {
            answer.segment(*segment);
            answer.number("at", *at as u64);
        }
        Refusal::NotUtf8 { at, .. } => answer.fault("not_utf8", *at),
        Refusal::NotJson { at, .. } => answer.fault("not_json", *at),
        Refusal::NotAnObject(_) => answer.text("reason", "not_an_object"),
        Refusal::DuplicateMember { at, .. } => answer.number("at", *at as u64),
        Refusal::Alg(actual) | Refusal::Typ(actual) => answer.found(actual),
        Refusal::KeyNotFound { kid } => answer.text("kid", kid),
        Refusal::KidMissing { keys } => answer.number("keys", *keys as u64),
        Refusal::ClaimMissing(claim) | Refusal::ClaimInvalid(claim) => answer.text("claim", claim),
        Refusal::Expired { expired_at, now } => answer.times("expiredAt", *expired_at, *now),
        Refusal::NotYetValid { not_before, now } => answer.times("notBefore", *not_before, *now),
        Refusal::IssuedInFuture { issued_at, now } => answer.times("issuedAt", *issued_at, *now),
        Refusal::TokenType { expected, actual } => {
            answer.text("expected", expected);
            answer.found(actual);
        }
        Refusal::Issuer { expected, actual } => {
            answer.text("expected", expected);
            answer.found(actual);
        }
        Refusal::Audience { expected: Some(expected) } => answer.text("expected", expected),
        _ => {}
    }
    answer.end()
}

/// Both are complete JSON objects, so the array is JSON too.
fn accepted(header: &str, claims: &str) -> String {
    let mut json = String::with_capacity(header.len() + claims.len() + 3);
    push(&mut json, b'[');
    json.push_str(header);
    push(&mut json, b',');
    json.push_str(claims);
    push(&mut json, b']');
    json
}

/// `[code,{...` as far as it is written.
struct Refused {
    json: String,
}

impl Refused {
    fn with(code: Code) -> Self {
        let mut json = String::from("[");
        push_number(&mut json, code as u64);
        json.push_str(",{");
        Self { json }
    }

    fn end(mut self) -> String {
        self.json.push_str("}]");
        self.json
    }

    fn name(&mut self, name: &str) {
        if self.json.as_bytes().last() != Some(&b'{') {
            push(&mut self.json, b',');
        }
        push_text(&mut self.json, name);
        push(&mut self.json, b':');
    }

    fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        push_number(&mut self.json, value);
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        push_text(&mut self.json, value);
    }

    fn segment(&mut self, segment: Segment) {
        self.text(
            "segment",
            match segment {
                Segment::Header => "header",
                Segment::Payload => "payload",
                Segment::Signature => "signature",
            },
        );
    }

    fn fault(&mut self, reason: &str, at: usize) {
        self.text("reason", reason);
        self.number("at", at as u64);
    }

    fn found(&mut self, actual: &Found) {
        let reason = match actual {
            Found::Absent => "absent",
            Found::NotAString => "not_a_string",
            Found::Text(_) => "different",
        };
        self.text("reason", reason);
        if let Found::Text(actual) = actual {
            self.text("actual", actual);
        }
    }

    fn times(&mut self, name: &str, instant: UnixTime, now: UnixTime) {
        for (name, time) in [(name, instant), ("now", now)] {
            self.number(name, time.as_secs());
            if time.subsec_nanos() != 0 {
                push(&mut self.json, b'.');
                push_digits(&mut self.json, u64::from(time.subsec_nanos()), 9);
            }
        }
    }
}

pub(crate) fn push_number(json: &mut String, value: u64) {
    push_digits(json, value, 1);
}

/// `value` in decimal, with as many leading zeros as make it `least` digits long.
fn push_digits(json: &mut String, value: u64, least: u32) {
    if value >= 10 || least > 1 {
        push_digits(json, value / 10, least.saturating_sub(1));
    }
    push(json, b'0' + (value % 10) as u8);
}

/// A JSON string (RFC 8259 section 7), with everything that may need an escape in its longest form.
pub(crate) fn push_text(json: &mut String, text: &str) {
    push(json, b'"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or_default();
        let byte = special.bytes().next().unwrap_or_default();
        json.push_str(plain);
        json.push_str("\\u00");
        for digit in [byte >> 4, byte & 0xf] {
            push(json, if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
        }
        rest = special.get(1..).unwrap_or_default();
    }
    json.push_str(rest);
    push(json, b'"');
}

/// One function for the many places that add one ASCII character.
#[inline(never)]
pub(crate) fn push(json: &mut String, ascii: u8) {
    json.push(char::from(ascii & 0x7f));
}
