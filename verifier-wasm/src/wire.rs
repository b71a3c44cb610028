//! The binary interface to JavaScript, version [`ABI_VERSION`]. `js/wire.ts` reads it.
//!
//! Every function takes and returns numbers. JavaScript writes UTF-8 text into the buffer at the
//! address that `buffer` returns, and reads a `Reply` at the address that `load`, `verify` and
//! `status_list` return. Both are valid until the next call.
//!
//! A reply has 40 bytes, little-endian:
//!
//! | byte | type | field | meaning |
//! |---|---|---|---|
//! | 0 | u32 | `code` | 0: accepted or loaded; else a number of [`code_number`]; [`NO_VERDICT`] |
//! | 4 | u32 | `reason` | depends on the code, see below |
//! | 8 | u32 | `first` | as the row above; after a successful `load`, the handle of the verifier |
//! | 12 | u32 | `second` | as the row above |
//! | 16 | f64 | `instant` | the claim that was compared with the time, in seconds since 1970 |
//! | 24 | u32 | `segments` | address of the decoded header, which the payload follows directly |
//! | 28 | u32 | `header_len` | bytes of the header; 0 when the shape is wrong |
//! | 32 | u32 | `payload_len` | bytes of the payload |
//!
//! | code | `reason` | `first` | `second` |
//! |---|---|---|---|
//! | `key_set_too_large` | | bytes of the text | |
//! | `key_pem_invalid` | [`pem_number`] | | |
//! | `key_json_invalid` | [`json_number`], or [`JWK_REASONS`] + [`jwk_number`] | byte offset | |
//! | `key_member_invalid` | [`member_number`] | [`member_error_number`] | |
//! | `key_unsuitable` | [`unsuitable_number`] | | |
//! | `key_too_small`, `key_too_large` | | bits of the modulus | |
//! | `token_too_large` | | bytes of the token | bytes allowed |
//! | `token_malformed` | 0 | number of segments | |
//! | `token_malformed` | 1: a segment is empty | [`segment_number`] | |
//! | `base64_invalid` | [`segment_number`] | byte offset in its text | |
//! | `header_*`, `payload_*` | [`json_number`] | byte offset in the segment | |
//! | `alg_not_allowed`, `typ_not_allowed` | [`actual_number`] | start of the string in the header | its end |
//! | `token_type_mismatch`, `issuer_mismatch` | [`actual_number`] | start of the string in the payload | its end |
//! | `key_not_found`, `kid_ambiguous` | | start of the `kid` in the header | its end |
//! | `kid_missing` | | suitable keys in the set | |
//! | `claim_missing`, `claim_invalid` | [`claim_number`] | | |
//! | `claim_missing` | [`REQUIRED_CLAIM`] | index in the required claims of the policy | |
//! | all others | 0 | 0 | 0 |
//!
//! `load` reads the policy from the buffer, behind the keys. It is a sequence of fields; a number
//! is a little-endian u32, a text is its length in bytes and its bytes, a list is the number of its
//! texts and the texts:
//!
//! | field | type |
//! |---|---|
//! | leeway, future leeway | numbers, in seconds |
//! | flags | number: the sum of [`REQUIRE_AT_JWT`], [`ANY_AUDIENCE`] |
//! | token type | list of at most one; empty: tokens have none |
//! | issuers, audiences | lists; empty: not configured |
//! | required claims | list |
//!
//! Numbers are append-only: a new variant gets the next free number, and a number is never reused.
//! A change of anything else, including a new meaning of a field, increments [`ABI_VERSION`].

use verifier_core::{
    Actual, ClaimName, Code, JsonErrorKind, JwkError, KeyError, KeyMember, MemberError, PemError,
    Refusal, Segment, Segments, UnixTime, Unsuitable,
};

/// Version of the interface. JavaScript refuses a module with another one.
pub const ABI_VERSION: u32 = 2;

/// In place of a code: JavaScript passed an unknown handle or a wrong length.
pub const NO_VERDICT: u32 = u32::MAX;

/// Added to [`jwk_number`], to distinguish it from [`json_number`].
pub const JWK_REASONS: u32 = 16;

/// In place of a [`claim_number`]: a claim that the policy requires by its name.
pub const REQUIRED_CLAIM: u32 = 255;

/// Flag of a policy: `typ` must be `at+jwt`.
pub const REQUIRE_AT_JWT: u32 = 1;

/// Flag of a policy: any audience is accepted.
pub const ANY_AUDIENCE: u32 = 2;

/// A verdict, and the addresses of the decoded segments.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Reply {
    outcome: Outcome,
    segments: usize,
    header_len: usize,
    payload_len: usize,
}

/// The first fields of a reply.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    code: u32,
    reason: u32,
    first: u32,
    second: u32,
    instant: f64,
}

impl Reply {
    pub(crate) const fn new() -> Self {
        Self { outcome: Outcome::NO_VERDICT, segments: 0, header_len: 0, payload_len: 0 }
    }

    pub(crate) fn set(&mut self, outcome: Outcome, segments: &Segments) {
        self.outcome = outcome;
        self.segments = segments.header().as_ptr() as usize;
        self.header_len = segments.header().len();
        self.payload_len = segments.payload().len();
    }
}

impl Outcome {
    pub(crate) const NO_VERDICT: Self = Self::new(NO_VERDICT, 0, 0, 0);
    pub(crate) const ACCEPTED: Self = Self::new(0, 0, 0, 0);

    pub(crate) const fn loaded(handle: usize) -> Self {
        Self::new(0, 0, handle, 0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "offsets and counts are far below 2^32")]
    const fn new(code: u32, reason: u32, first: usize, second: usize) -> Self {
        Self { code, reason, first: first as u32, second: second as u32, instant: 0.0 }
    }

    /// Encodes a refused key text.
    #[must_use]
    pub const fn of_key_error(error: KeyError) -> Self {
        let (reason, first) = match error {
            KeyError::TooLong { bytes } => (0, bytes),
            KeyError::Pem(error) => (pem_number(error), 0),
            KeyError::Json(error) => (json_number(error.kind), error.offset),
            KeyError::Jwk(error) => (JWK_REASONS + jwk_number(error), 0),
            KeyError::Member(member, why) => {
                (member_number(member), member_error_number(why) as usize)
            }
            KeyError::Unsuitable(why) => (unsuitable_number(why), 0),
            KeyError::TooSmall { bits } | KeyError::TooLarge { bits } => (0, bits as usize),
            KeyError::UnknownFormat
            | KeyError::PrivateKey
            | KeyError::Certificate
            | KeyError::DiscoveryDocument
            | KeyError::SymmetricKey
            | KeyError::ModulusEven
            | KeyError::ExponentInvalid
            | KeyError::EmptySet => (0, 0),
        };
        Self::new(code_number(error.code()), reason, first, 0)
    }

    /// Encodes a refused token.
    #[must_use]
    pub const fn of_refusal(refusal: Refusal) -> Self {
        let mut instant = 0.0;
        let (reason, first, second) = match refusal {
            Refusal::TooLarge { bytes, limit } => (0, bytes, limit),
            Refusal::SegmentCount { count } => (0, count, 0),
            Refusal::SegmentEmpty(segment) => (1, segment_number(segment) as usize, 0),
            Refusal::Base64 { segment, offset } => (segment_number(segment), offset, 0),
            Refusal::Header(error) | Refusal::Payload(error) => {
                (json_number(error.kind), error.offset, 0)
            }
            Refusal::Alg(actual)
            | Refusal::Typ(actual)
            | Refusal::TokenType(actual)
            | Refusal::Issuer(actual) => match actual {
                Actual::Text(span) => (actual_number(actual), span.start, span.end),
                Actual::Absent | Actual::NotAString => (actual_number(actual), 0, 0),
            },
            Refusal::KeyNotFound { kid } | Refusal::KidAmbiguous { kid } => (0, kid.start, kid.end),
            Refusal::KidMissing { keys } => (0, keys, 0),
            Refusal::ClaimMissing(claim) | Refusal::ClaimInvalid(claim) => {
                (claim_number(claim), 0, 0)
            }
            Refusal::RequiredClaim { index } => (REQUIRED_CLAIM, index, 0),
            Refusal::Expired { expired_at: time, .. }
            | Refusal::NotYetValid { not_before: time, .. }
            | Refusal::IssuedInFuture { issued_at: time, .. } => {
                instant = seconds(time);
                (0, 0, 0)
            }
            Refusal::Crit
            | Refusal::B64
            | Refusal::KidNotAString
            | Refusal::Signature
            | Refusal::Audience
            | Refusal::AudienceNotConfigured => (0, 0, 0),
        };
        Self { instant, ..Self::new(code_number(refusal.code()), reason, first, second) }
    }
}

/// An instant as JavaScript counts it.
const fn seconds(instant: UnixTime) -> f64 {
    instant.as_secs() as f64 + instant.subsec_nanos() as f64 / 1e9
}

/// Numbers of codes, from 1. Retired: 12, `key_duplicate_kid`.
#[must_use]
pub const fn code_number(code: Code) -> u32 {
    match code {
        Code::KeyFormatUnknown => 1,
        Code::KeyPemInvalid => 2,
        Code::KeyJsonInvalid => 3,
        Code::KeyMemberInvalid => 4,
        Code::KeyPrivate => 5,
        Code::KeySymmetric => 6,
        Code::KeyUnsuitable => 7,
        Code::KeyTooSmall => 8,
        Code::KeyTooLarge => 9,
        Code::KeyModulusEven => 10,
        Code::KeyExponentInvalid => 11,
        Code::KeySetEmpty => 13,
        Code::KeySetTooLarge => 14,
        Code::TokenTooLarge => 15,
        Code::TokenMalformed => 16,
        Code::Base64Invalid => 17,
        Code::HeaderInvalid => 18,
        Code::HeaderDuplicateMember => 19,
        Code::HeaderTooDeep => 20,
        Code::AlgNotAllowed => 21,
        Code::TypNotAllowed => 22,
        Code::CritNotSupported => 23,
        Code::B64NotSupported => 24,
        Code::KidInvalid => 25,
        Code::KeyNotFound => 26,
        Code::KidMissing => 27,
        Code::SignatureInvalid => 28,
        Code::PayloadInvalid => 29,
        Code::PayloadDuplicateMember => 30,
        Code::PayloadTooDeep => 31,
        Code::ClaimMissing => 32,
        Code::ClaimInvalid => 33,
        Code::TokenExpired => 34,
        Code::TokenNotYetValid => 35,
        Code::TokenIssuedInFuture => 36,
        Code::TokenTypeMismatch => 37,
        Code::IssuerMismatch => 38,
        Code::AudienceMismatch => 39,
        Code::TokenRevoked => 40,
        Code::RevocationUnknown => 41,
        Code::KeyCertificate => 42,
        Code::KeyDiscoveryDocument => 43,
        Code::KidAmbiguous => 44,
    }
}

/// Numbers of segments, from 0.
#[must_use]
pub const fn segment_number(segment: Segment) -> u32 {
    match segment {
        Segment::Header => 0,
        Segment::Payload => 1,
        Segment::Signature => 2,
    }
}

/// Numbers of the kinds of values in place of the required string, from 0.
#[must_use]
pub const fn actual_number(actual: Actual) -> u32 {
    match actual {
        Actual::Absent => 0,
        Actual::NotAString => 1,
        Actual::Text(_) => 2,
    }
}

/// Numbers of violations of strict JSON, from 0 and below [`JWK_REASONS`].
#[must_use]
pub const fn json_number(kind: JsonErrorKind) -> u32 {
    match kind {
        JsonErrorKind::NotUtf8 => 0,
        JsonErrorKind::Syntax => 1,
        JsonErrorKind::NotAnObject => 2,
        JsonErrorKind::DuplicateMember => 3,
        JsonErrorKind::TooDeep => 4,
    }
}

/// Numbers of PEM errors, from 0. Retired: 2, `begin_trailing`.
#[must_use]
pub const fn pem_number(error: PemError) -> u32 {
    match error {
        PemError::BeginMissing => 0,
        PemError::BeginUnclosed => 1,
        PemError::EndMissing => 3,
        PemError::EndMismatch => 4,
        PemError::LabelUnknown => 5,
        PemError::Base64 => 6,
        PemError::Der => 7,
    }
}

/// Numbers of JWK errors, from 0.
#[must_use]
pub const fn jwk_number(error: JwkError) -> u32 {
    match error {
        JwkError::KeysMissing => 0,
        JwkError::KeysNotAnArray => 1,
        JwkError::KeyNotAnObject => 2,
        JwkError::NotASingleKey => 3,
    }
}

/// Numbers of the reasons of unsuitable keys, from 0.
#[must_use]
pub const fn unsuitable_number(why: Unsuitable) -> u32 {
    match why {
        Unsuitable::NotRsa => 0,
        Unsuitable::Kty => 1,
        Unsuitable::Use => 2,
        Unsuitable::KeyOps => 3,
        Unsuitable::Alg => 4,
        Unsuitable::RsaPss => 5,
    }
}

/// Numbers of JWK members, from 0.
#[must_use]
pub const fn member_number(member: KeyMember) -> u32 {
    match member {
        KeyMember::Modulus => 0,
        KeyMember::Exponent => 1,
        KeyMember::KeyId => 2,
    }
}

/// Numbers of what is wrong with a JWK member, from 0.
#[must_use]
pub const fn member_error_number(error: MemberError) -> u32 {
    match error {
        MemberError::Missing => 0,
        MemberError::OnlyX5c => 1,
        MemberError::NotAString => 2,
        MemberError::Empty => 3,
        MemberError::NotBase64Url => 4,
        MemberError::PlainBase64 => 5,
    }
}

/// Numbers of claims, from 0.
#[must_use]
pub const fn claim_number(claim: ClaimName) -> u32 {
    match claim {
        ClaimName::ExpiresAt => 0,
        ClaimName::NotBefore => 1,
        ClaimName::IssuedAt => 2,
        ClaimName::TokenType => 3,
        ClaimName::Issuer => 4,
        ClaimName::Audience => 5,
        ClaimName::TokenId => 6,
        ClaimName::UserId => 7,
        ClaimName::Subject => 8,
        ClaimName::TimeToLive => 9,
        ClaimName::StatusList => 10,
    }
}
