//! The code table: the stable codes of all refusals, and their texts.

/// The stage of verification a code belongs to, in the order the stages run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Loading of a key or a key set, before any token is seen.
    KeyLoad,
    /// Size, segments and base64url of the token.
    Shape,
    /// The JOSE header.
    Header,
    /// Selection of the key.
    Key,
    /// The RS256 signature.
    Signature,
    /// The payload and its registered claims.
    Claims,
    /// Revocation, checked after everything else.
    Revocation,
}

/// Language of a human text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Korean.
    Ko,
    /// English.
    En,
}

macro_rules! code_table {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident, $stage:ident, $code:literal, $ko:literal, $en:literal;
    )+) => {
        /// Why a token or a key was refused. A code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of the stages.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the stable machine-readable form, in `snake_case`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Returns the stage of the broken rule.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)+ }
            }

            /// Returns a sentence for people.
            #[must_use]
            pub const fn text(self, lang: Lang) -> &'static str {
                match lang {
                    Lang::Ko => match self { $(Self::$variant => $ko,)+ },
                    Lang::En => match self { $(Self::$variant => $en,)+ },
                }
            }
        }
    };
}

code_table! {
    /// The key text is neither PEM nor JSON.
    KeyFormatUnknown, KeyLoad, "key_format_unknown",
        "키를 읽을 수 없습니다: PEM, JWK, JWKS 중 하나가 아닙니다", "The key is neither PEM nor a JWK nor a JWKS";
    /// Broken PEM armour, another label than `PUBLIC KEY` or `RSA PUBLIC KEY`, or bytes that are
    /// not such a key in DER.
    KeyPemInvalid, KeyLoad, "key_pem_invalid",
        "PEM 공개 키 형식이 올바르지 않습니다", "The PEM text is not an RSA public key";
    /// The text is not strict JSON, or neither a JWK nor a JWKS (RFC 7517).
    KeyJsonInvalid, KeyLoad, "key_json_invalid",
        "JWK 또는 JWKS의 JSON 형식이 올바르지 않습니다", "The JWK or JWKS is not valid JSON of the right shape";
    /// `n` or `e` of a JWK is missing or not base64url of a positive integer (RFC 7518 section
    /// 6.3.1).
    KeyMemberInvalid, KeyLoad, "key_member_invalid",
        "JWK의 멤버가 없거나 형식이 올바르지 않습니다", "A member of the JWK is missing or malformed";
    /// The key is private.
    KeyPrivate, KeyLoad, "key_private",
        "비밀 키입니다: 공개 키만 사용하고, 노출된 비밀 키는 교체하세요", "This is a private key: use the public key only, \
             and replace a private key that was exposed";
    /// The text is a certificate: `openssl x509 -pubkey -noout -in FILE` writes its public key.
    KeyCertificate, KeyLoad, "key_certificate",
        "인증서입니다: `openssl x509 -pubkey -noout -in FILE`로 공개 키를 꺼내 사용하세요",
        "This is a certificate: take the public key out of it with `openssl x509 -pubkey -noout \
             -in FILE`";
    /// The text is a discovery document (RFC 8414 section 3.2): its `jwks_uri` is the address of
    /// the key set.
    KeyDiscoveryDocument, KeyLoad, "key_discovery_document",
        "키 집합이 아니라 디스커버리 문서입니다: 문서의 jwks_uri 주소를 사용하세요",
        "This is a discovery document and not a key set: use the address in its jwks_uri";
    /// The key is symmetric.
    KeySymmetric, KeyLoad, "key_symmetric",
        "대칭 키는 검증에 사용할 수 없습니다", "A symmetric key cannot verify RS256";
    /// `kty`, `use`, `key_ops` or `alg` do not allow to verify RS256 signatures.
    KeyUnsuitable, KeyLoad, "key_unsuitable",
        "RS256 서명 검증용 키가 아닙니다", "The key is not meant for verifying RS256 signatures";
    /// The modulus has fewer than 2048 bits.
    KeyTooSmall, KeyLoad, "key_too_small",
        "RSA 키가 너무 짧습니다 (2048비트 이상 필요)", "The RSA modulus has fewer than 2048 bits";
    /// The modulus has more than 4096 bits.
    KeyTooLarge, KeyLoad, "key_too_large",
        "RSA 키가 너무 깁니다 (4096비트 이하만 가능)", "The RSA modulus has more than 4096 bits";
    /// The modulus is even.
    KeyModulusEven, KeyLoad, "key_modulus_even",
        "RSA 모듈러스가 짝수입니다", "The RSA modulus is even";
    /// The public exponent is even, below 3, or 2^32 or more.
    KeyExponentInvalid, KeyLoad, "key_exponent_invalid",
        "RSA 공개 지수가 허용 범위의 홀수가 아닙니다", "The RSA public exponent is not an odd number from 3 to \
             2^32 - 1";
    /// The set has no key. When every key was skipped, the code is that of the first.
    KeySetEmpty, KeyLoad, "key_set_empty",
        "키 집합에 사용할 수 있는 RS256 키가 없습니다", "The key set holds no key for RS256";
    /// The key text is longer than 131,072 bytes.
    KeySetTooLarge, KeyLoad, "key_set_too_large",
        "키 집합이 너무 큽니다", "The key text is too large";

    /// More than 16,384 bytes.
    TokenTooLarge, Shape, "token_too_large",
        "토큰이 너무 깁니다", "The token is longer than 16,384 bytes";
    /// Not three segments, or an empty header or payload (RFC 7515 section 3.1).
    TokenMalformed, Shape, "token_malformed",
        "토큰이 점으로 구분된 세 부분으로 되어 있지 않습니다", "The token does not consist of three segments";
    /// A segment is not strict base64url (RFC 7515 section 2, RFC 4648 section 3.5).
    Base64Invalid, Shape, "base64_invalid",
        "토큰의 base64url 인코딩이 올바르지 않습니다", "A segment of the token is not strict base64url";

    /// The header is not UTF-8 or not JSON.
    HeaderInvalid, Header, "header_invalid",
        "토큰 헤더가 올바른 JSON 객체가 아닙니다", "The token header is not a valid JSON object";
    /// The header has a member name twice (RFC 7515 section 4).
    HeaderDuplicateMember, Header, "header_duplicate_member",
        "토큰 헤더에 같은 이름이 두 번 있습니다", "The token header has a member name twice";
    /// The header is nested too deep.
    HeaderTooDeep, Header, "header_too_deep",
        "토큰 헤더의 중첩이 너무 깊습니다", "The token header is nested too deep";
    /// `alg` is not exactly `RS256` (RFC 8725 section 3.1).
    AlgNotAllowed, Header, "alg_not_allowed",
        "허용되지 않은 서명 알고리즘입니다 (RS256만 가능)", "The signature algorithm is not RS256";
    /// The policy does not allow this `typ` (RFC 8725 section 3.11).
    TypNotAllowed, Header, "typ_not_allowed",
        "허용되지 않은 typ입니다", "The typ of the token is not allowed";
    /// `crit` is present (RFC 7515 section 4.1.11), and no extension is supported.
    CritNotSupported, Header, "crit_not_supported",
        "crit 헤더는 지원하지 않습니다", "The header demands an extension (crit)";
    /// `b64` is present and not `true` (RFC 7797).
    B64NotSupported, Header, "b64_not_supported",
        "b64 헤더는 지원하지 않습니다", "The header asks for an unencoded payload (b64)";
    /// `kid` is not a string (RFC 7515 section 4.1.4).
    KidInvalid, Header, "kid_invalid",
        "kid가 문자열이 아닙니다", "The kid of the token is not a string";

    /// No suitable key has the token's `kid`.
    KeyNotFound, Key, "key_not_found",
        "토큰의 kid에 맞는 키가 없습니다", "No key of the set has the kid of the token";
    /// Different keys of the set have the token's `kid`.
    KidAmbiguous, Key, "kid_ambiguous",
        "토큰의 kid에 맞는 키가 둘 이상 있습니다", "Several keys of the set have the kid of the token";
    /// The token has no `kid` and the set has several keys.
    KidMissing, Key, "kid_missing",
        "토큰에 kid가 없어 키를 고를 수 없습니다", "The token names no key and the set has several";

    /// The signature is not valid for this key, header and payload (RFC 8017 section 8.2.2).
    SignatureInvalid, Signature, "signature_invalid",
        "서명이 올바르지 않습니다", "The signature is not valid";

    /// The payload is not UTF-8 or not JSON.
    PayloadInvalid, Claims, "payload_invalid",
        "토큰 내용이 올바른 JSON 객체가 아닙니다", "The token payload is not a valid JSON object";
    /// The payload has a member name twice (RFC 7519 section 4).
    PayloadDuplicateMember, Claims, "payload_duplicate_member",
        "토큰 내용에 같은 이름이 두 번 있습니다", "The token payload has a member name twice";
    /// The payload is nested too deep.
    PayloadTooDeep, Claims, "payload_too_deep",
        "토큰 내용의 중첩이 너무 깊습니다", "The token payload is nested too deep";
    /// A required claim is missing.
    ClaimMissing, Claims, "claim_missing",
        "필수 클레임이 없습니다", "A required claim is missing";
    /// A registered claim has the wrong type or an impossible value.
    ClaimInvalid, Claims, "claim_invalid",
        "클레임의 형식이 올바르지 않습니다", "A claim has the wrong type or an impossible value";
    /// `now >= exp + leeway` (RFC 7519 section 4.1.4).
    TokenExpired, Claims, "token_expired",
        "토큰이 만료되었습니다", "The token has expired";
    /// `nbf` is further ahead than the leeways allow (RFC 7519 section 4.1.5).
    TokenNotYetValid, Claims, "token_not_yet_valid",
        "아직 사용할 수 없는 토큰입니다", "The token is not valid yet";
    /// `iat` is further ahead than the leeways allow.
    TokenIssuedInFuture, Claims, "token_issued_in_future",
        "발급 시각이 미래인 토큰입니다", "The token was issued in the future";
    /// `token_type` is not the required one.
    TokenTypeMismatch, Claims, "token_type_mismatch",
        "토큰 종류가 맞지 않습니다", "The token has the wrong type";
    /// `iss` is not a configured issuer (RFC 7519 section 4.1.1).
    IssuerMismatch, Claims, "issuer_mismatch",
        "토큰 발급자가 일치하지 않습니다", "The issuer of the token is not the expected one";
    /// `aud` holds no configured audience, or is present when none is configured (RFC 7519
    /// section 4.1.3).
    AudienceMismatch, Claims, "audience_mismatch",
        "토큰 대상이 일치하지 않습니다", "The audience of the token is not the expected one";

    /// The token was revoked.
    TokenRevoked, Revocation, "token_revoked",
        "폐기된 토큰입니다", "The token was revoked";
    /// The revocation status of the token is unknown.
    RevocationUnknown, Revocation, "revocation_unknown",
        "토큰 폐기 여부를 확인할 수 없습니다", "Whether the token was revoked could not be found out";
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
