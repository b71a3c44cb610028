//! Attacks on JSON Web Tokens that worked against other libraries, and the defence against each.
//!
//! This module is documentation. Each section names the rows of `vectors/verdicts.json` that try
//! the attack (by their `class`) and, where there is one, the test that tries more. The rows run
//! natively, in wasm in Node and Chromium, and against the edge component, and every target must
//! return the same code.
//!
//! # The header chooses the algorithm
//!
//! A JWS header names the algorithm of the signature, and for years libraries trusted it.
//! `{"alg":"none"}` switched verification off, and filters for it missed `nOnE` or a trailing
//! space. With `HS256`, a library computed an HMAC with the only key it had: the RSA public key,
//! which everyone has (CVE-2015-9235, CVE-2016-10555, and again in CVE-2022-29217 through
//! unrecognised key formats).
//!
//! Here the algorithm belongs to the key. A [`KeySet`](crate::KeySet) holds RSA public keys for
//! RS256 and cannot hold anything else; no code computes an HMAC. The header's `alg` must be
//! exactly `RS256`; otherwise the token is refused with `alg_not_allowed` before a key is selected.
//! Rows: `alg-none`, `alg-confusion`, `alg-name`.
//!
//! # The token brings its own key
//!
//! RFC 7515 lets a header carry a key (`jwk`, `x5c`) or an address of one (`jku`, `x5u`). A
//! verifier that follows them verifies the attacker's signature with the attacker's key
//! (CVE-2018-0114), or fetches a URL that the attacker chose. This crate does not read these
//! members and has no network. Rows: `embedded-key`.
//!
//! # Two keys, one name
//!
//! When a key set has a `kid` twice, a verifier that takes the first key can be made to use an
//! older one, and one that tries all of them accepts what any of them signed. Here the same key
//! twice is one key; two different keys make this `kid` unusable, and no other. Rows: `key-set`.
//!
//! # `kid` as a path, a query or a command
//!
//! A `kid` is untrusted text. Servers that used it to open a file or to build a query were tricked
//! into verifying with `/dev/null`, or worse. Here it is only compared with the `kid`s of the
//! loaded keys, after unescaping. A `kid` that is not a string is refused and not converted. Rows:
//! `kid-injection`, `key-set`.
//!
//! # Required extensions that are ignored
//!
//! `crit` lists extensions that a verifier must understand (RFC 7515 section 4.1.11). A verifier
//! that ignores it accepts tokens with another meaning. `b64: false` (RFC 7797) changes the signing
//! input. This crate supports no extension, so it refuses every token with `crit`, and `b64` other
//! than `true`. Rows: `crit-b64`.
//!
//! # Two readers, two meanings
//!
//! When an object has a member name twice, some parsers use the first value, some the last. A
//! gateway that reads `"role":"user"` and a service that reads `"role":"admin"` from the same
//! signed bytes disagree, which an attacker can exploit. So do parsers that differ about `NaN`,
//! comments, lone surrogates or invalid UTF-8. The JSON reader accepts only unambiguous texts:
//! strict RFC 8259, with unique names in every object after unescaping. Rows: `duplicate-member`,
//! `json-grammar`, `not-utf8`. Fuzzing: `token` and `claims`, which compare accepted texts with
//! `serde_json`.
//!
//! # One token, many texts
//!
//! If a verifier tolerates padding, line breaks, another alphabet or unused bits, one token has
//! several texts, and changing a character bypasses a block list of texts (or a cache keyed by
//! text). Strict base64url allows one text per token; the signature must have the length of the
//! modulus and be below it. Rows: `base64-malleability`, `signature-range`. Law:
//! `an_accepted_token_has_one_text`.
//!
//! # Small exponents and lenient padding
//!
//! With e = 3, a cube root yields a number whose cube begins like a valid encoding, without any
//! key, and a verifier that parses the encoding from the left and stops after the digest accepts it
//! (Bleichenbacher 2006, and again CVE-2014-1568 "BERserk", CVE-2016-1494 and others). With e = 1 a
//! signature is its own encoding.
//!
//! Nothing is parsed here: the result must equal, in all of its bytes, the only encoding that RFC
//! 8017 section 9.2 allows for the digest. Keys with an exponent below 3 are refused. Rows:
//! `small-exponent-forgery`, `digest-info`, `padding`, `weak-key`. Vectors: Wycheproof's, in
//! `tests/published_vectors.rs`.
//!
//! # The wrong token
//!
//! A refresh token is signed by the same key as an access token. A resource server that checks only
//! the signature accepts it for a day instead of two hours. The policy always requires
//! `token_type`, or, for issuers without such a claim, both the issuer and the audience: a policy
//! that knows neither whose the tokens are nor for whom cannot be made. A token with `aud` is
//! refused unless the application configured that audience, or explicitly accepts any. Rows:
//! `token-type`, `profile`, `required-claims`, `issuer-audience`, `issuers`, `typ`.
//!
//! # Numbers that are not what they seem
//!
//! `"exp": 1e400` is infinity for most parsers, so such a token never expires. `"exp":
//! "9999999999"` is a string that some languages compare as a number, and `true` is 1 in others.
//! Numbers stay decimal digits here and are compared exactly. Values that are infinite as a double
//! are refused, and so are values of other types. Numbers in other claims keep their digits: an
//! application that computes with one checks its range. Rows: `json-number`, `times`.
//!
//! # Clocks that disagree
//!
//! A leeway that tolerates an early `nbf` usually tolerates a late `exp` too, and a stolen token is
//! most often an expired one. Verifiers that set the leeway to zero for that reason refuse fresh
//! tokens whenever their clock is behind the issuer's, and operators then set it to minutes. Here
//! `nbf` and `iat` have a separate leeway, five seconds by default, and `exp` stays exact. Both
//! leeways are limited to one hour in every setting. Rows: `times`, which state both leeways.
//!
//! # Unbounded work
//!
//! Nested brackets overflow the stack of a recursive parser; thousands of members make a quadratic
//! search for duplicates slow; large keys and exponents make verification slow. Tokens are limited
//! to 16,384 bytes, nesting to 32 levels, moduli to 4096 bits and exponents to 32 bits; the search
//! for duplicates sorts. Rows: `json-bomb`, `oversize`, `weak-key`.
//!
//! # Other serializations
//!
//! A JWE, the JSON serialization, swapped or missing parts: a token that is not three segments of
//! base64url has the wrong shape and is refused. Rows: `serialization`, `swapped`, `bit-flip`.
//! Test: `every_flipped_bit_of_a_token_is_noticed`.
