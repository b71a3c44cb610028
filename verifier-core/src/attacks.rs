//! Attacks on JSON Web Tokens that have worked somewhere, and what this crate does about each.
//!
//! This module is documentation. Each attack names the rows of `vectors/verdicts.json` that try it
//! (by their `class`) and, where there is one, the test that tries more. The rows are run
//! natively, in wasm in Node and Chromium, and against the edge component, and every target must
//! give the same code.
//!
//! # The header chooses the algorithm
//!
//! A JWS header says how the token is to be verified, and for years libraries believed it.
//! `{"alg":"none"}` asked for no verification at all, and later verifications were passed by
//! `nOnE` or a trailing space. `HS256` asked for an HMAC, which a library then computed with the
//! only key it was given: the RSA public key, which everyone has (CVE-2015-9235, CVE-2016-10555,
//! and again in CVE-2022-29217 through key formats that were not recognised).
//!
//! Here the algorithm belongs to the key. A [`KeySet`](crate::KeySet) holds RSA public keys for
//! RS256 and cannot hold anything else; there is no code that computes an HMAC. The header's `alg`
//! must be exactly `RS256`, which it says or the token is refused with `alg_not_allowed` before a
//! key is even looked for. Rows: `alg-none`, `alg-confusion`, `alg-name`.
//!
//! # The token brings its own key
//!
//! RFC 7515 lets a header carry a key (`jwk`, `x5c`) or an address of one (`jku`, `x5u`). A
//! verifier that follows them verifies the attacker's signature with the attacker's key
//! (CVE-2018-0114), or fetches what the attacker wants it to fetch. The header reader of this
//! crate does not read these members; it has no network. Rows: `embedded-key`.
//!
//! # `kid` as a path, a query or a command
//!
//! A `kid` is text from a stranger. Servers that used it to open a file or to build a query have
//! been made to verify with `/dev/null`, or worse. Here it is compared, character by character
//! after unescaping, with the `kid`s of the loaded keys, and that is all. A `kid` that is not a
//! string is refused rather than converted. Rows: `kid-injection`, `key-set`.
//!
//! # Extensions that are demanded but not understood
//!
//! `crit` lists extensions that a verifier must understand (RFC 7515 section 4.1.11); ignoring it
//! means to accept tokens that mean something else. `b64: false` (RFC 7797) changes what is
//! signed. This crate understands no extension, so a token with `crit` is refused whatever it
//! lists, and so is `b64` other than `true`. Rows: `crit-b64`.
//!
//! # Two readers, two meanings
//!
//! When a member name comes twice, some parsers take the first value, some the last. A gateway
//! that reads `"role":"user"` and a service that reads `"role":"admin"` from the same signed bytes
//! disagree to the attacker's profit. So do parsers that differ about `NaN`, comments, lone
//! surrogates or invalid UTF-8. The JSON reader accepts only texts that leave no room: RFC 8259 to
//! the letter, names unique in every object after unescaping. Rows: `duplicate-member`,
//! `json-grammar`, `not-utf8`. Fuzzing: `token`, `claims`, which hold what is accepted against
//! `serde_json`.
//!
//! # One token, many texts
//!
//! If padding, line breaks, another alphabet or unused bits are tolerated, one token has several
//! texts, and a block list of texts (or a cache keyed by text) is passed by changing a character.
//! Strict base64url leaves one text per token; the signature has exactly the length of the modulus
//! and is below it. Rows: `base64-malleability`, `signature-range`. Law:
//! `an_accepted_token_has_one_text`.
//!
//! # Small exponents and lenient padding
//!
//! With e = 3, a number whose cube merely begins like a signature is found with a cube root and no
//! key at all, and a verifier that parses the encoding from the left and stops after the digest
//! accepts it (Bleichenbacher 2006, and again CVE-2014-1568 "BERserk", CVE-2016-1494 and others).
//! With e = 1 a signature is its own encoding.
//!
//! Nothing is parsed here: the result must be, in all of its bytes, the one encoding that RFC 8017
//! section 9.2 allows for the digest. Exponents below 3 do not load. Rows:
//! `small-exponent-forgery`, `digest-info`, `padding`, `weak-key`. Vectors: Wycheproof's, in
//! `tests/published_vectors.rs`.
//!
//! # The wrong token
//!
//! A refresh token is signed by the same key as an access token; a resource server that looks at
//! the signature alone lets it in for a day instead of two hours. The policy demands `token_type`,
//! and there is no way to turn that off. A token meant for somebody else (`aud`) is refused unless
//! the application says that this is who it is. Rows: `token-type`, `issuer-audience`, `typ`.
//!
//! # Numbers that are not what they seem
//!
//! `"exp": 1e400` is infinity for most parsers, and nothing is ever later than that. `"exp":
//! "9999999999"` is a string that some languages compare as a number, and `true` is 1 in others.
//! Numbers stay decimal digits here and are compared exactly; what a double could hold only as
//! infinity is refused, and so is everything that is not a number. Numbers in other claims are
//! passed on in their digits: an application that computes with one checks its range. Rows:
//! `json-number`, `times`.
//!
//! # Clocks that disagree
//!
//! A leeway that forgives an early `nbf` usually forgives a late `exp` too, and an expired token is
//! what a thief most often holds. Verifiers that set the leeway to zero for that reason refuse
//! fresh tokens whenever their clock is behind the issuer's, and operators then set it to minutes.
//! Here `nbf` and `iat` have a leeway of their own, five seconds by default, and `exp` stays exact.
//! Both leeways have an upper bound of one hour in every setting.
//! Rows: `times`, which state both leeways.
//!
//! # Work without end
//!
//! Nested brackets overflow the stack of a recursive parser; thousands of members make a quadratic
//! search for duplicates slow; large keys and exponents make verification slow. Tokens end at
//! 16,384 bytes, nesting at 32 levels, moduli at 4096 bits and exponents below 2^32; the search
//! for duplicates sorts. Rows: `json-bomb`, `oversize`, `weak-key`.
//!
//! # Not a compact JWS at all
//!
//! A JWE, the JSON serialization, swapped or missing parts: everything that is not three segments
//! of base64url is refused by its shape. Rows: `serialization`, `swapped`, `bit-flip`. Test:
//! `every_flipped_bit_of_a_token_is_noticed`.
