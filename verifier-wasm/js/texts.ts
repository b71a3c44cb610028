// Written from the tables of verifier-core by `cargo xtask generate`.

import type { Code } from "./codes.js";

/** A sentence for people for each code. */
export const codeTexts: Readonly<Record<Code, Readonly<Record<"ko" | "en", string>>>> = {
  key_format_unknown: {
    ko: "키를 읽을 수 없습니다: PEM, JWK, JWKS 중 하나가 아닙니다",
    en: "The key is neither PEM nor a JWK nor a JWKS",
  },
  key_pem_invalid: {
    ko: "PEM 공개 키 형식이 올바르지 않습니다",
    en: "The PEM text is not an RSA public key",
  },
  key_json_invalid: {
    ko: "JWK 또는 JWKS의 JSON 형식이 올바르지 않습니다",
    en: "The JWK or JWKS is not valid JSON of the right shape",
  },
  key_member_invalid: {
    ko: "JWK의 멤버가 없거나 형식이 올바르지 않습니다",
    en: "A member of the JWK is missing or malformed",
  },
  key_private: {
    ko: "비밀 키입니다: 공개 키만 사용하고, 노출된 비밀 키는 교체하세요",
    en: "This is a private key: use the public key only, and replace a private key that was exposed",
  },
  key_certificate: {
    ko: "인증서입니다: `openssl x509 -pubkey -noout -in FILE`로 공개 키를 꺼내 사용하세요",
    en: "This is a certificate: take the public key out of it with `openssl x509 -pubkey -noout -in FILE`",
  },
  key_discovery_document: {
    ko: "키 집합이 아니라 디스커버리 문서입니다: 문서의 jwks_uri 주소를 사용하세요",
    en: "This is a discovery document and not a key set: use the address in its jwks_uri",
  },
  key_symmetric: {
    ko: "대칭 키는 검증에 사용할 수 없습니다",
    en: "A symmetric key cannot verify RS256",
  },
  key_unsuitable: {
    ko: "RS256 서명 검증용 키가 아닙니다",
    en: "The key is not meant for verifying RS256 signatures",
  },
  key_too_small: {
    ko: "RSA 키가 너무 짧습니다 (2048비트 이상 필요)",
    en: "The RSA modulus has fewer than 2048 bits",
  },
  key_too_large: {
    ko: "RSA 키가 너무 깁니다 (4096비트 이하만 가능)",
    en: "The RSA modulus has more than 4096 bits",
  },
  key_modulus_even: {
    ko: "RSA 모듈러스가 짝수입니다",
    en: "The RSA modulus is even",
  },
  key_exponent_invalid: {
    ko: "RSA 공개 지수가 허용 범위의 홀수가 아닙니다",
    en: "The RSA public exponent is not an odd number from 3 to 2^32 - 1",
  },
  key_set_empty: {
    ko: "키 집합에 사용할 수 있는 RS256 키가 없습니다",
    en: "The key set holds no key for RS256",
  },
  key_set_too_large: {
    ko: "키 집합이 너무 큽니다",
    en: "The key text is too large",
  },
  token_too_large: {
    ko: "토큰이 너무 깁니다",
    en: "The token is longer than 16,384 bytes",
  },
  token_malformed: {
    ko: "토큰이 점으로 구분된 세 부분으로 되어 있지 않습니다",
    en: "The token does not consist of three segments",
  },
  base64_invalid: {
    ko: "토큰의 base64url 인코딩이 올바르지 않습니다",
    en: "A segment of the token is not strict base64url",
  },
  header_invalid: {
    ko: "토큰 헤더가 올바른 JSON 객체가 아닙니다",
    en: "The token header is not a valid JSON object",
  },
  header_duplicate_member: {
    ko: "토큰 헤더에 같은 이름이 두 번 있습니다",
    en: "The token header has a member name twice",
  },
  header_too_deep: {
    ko: "토큰 헤더의 중첩이 너무 깊습니다",
    en: "The token header is nested too deep",
  },
  alg_not_allowed: {
    ko: "허용되지 않은 서명 알고리즘입니다 (RS256만 가능)",
    en: "The signature algorithm is not RS256",
  },
  typ_not_allowed: {
    ko: "허용되지 않은 typ입니다",
    en: "The typ of the token is not allowed",
  },
  crit_not_supported: {
    ko: "crit 헤더는 지원하지 않습니다",
    en: "The header demands an extension (crit)",
  },
  b64_not_supported: {
    ko: "b64 헤더는 지원하지 않습니다",
    en: "The header asks for an unencoded payload (b64)",
  },
  kid_invalid: {
    ko: "kid가 문자열이 아닙니다",
    en: "The kid of the token is not a string",
  },
  key_not_found: {
    ko: "토큰의 kid에 맞는 키가 없습니다",
    en: "No key of the set has the kid of the token",
  },
  kid_ambiguous: {
    ko: "토큰의 kid에 맞는 키가 둘 이상 있습니다",
    en: "Several keys of the set have the kid of the token",
  },
  kid_missing: {
    ko: "토큰에 kid가 없어 키를 고를 수 없습니다",
    en: "The token names no key and the set has several",
  },
  signature_invalid: {
    ko: "서명이 올바르지 않습니다",
    en: "The signature is not valid",
  },
  payload_invalid: {
    ko: "토큰 내용이 올바른 JSON 객체가 아닙니다",
    en: "The token payload is not a valid JSON object",
  },
  payload_duplicate_member: {
    ko: "토큰 내용에 같은 이름이 두 번 있습니다",
    en: "The token payload has a member name twice",
  },
  payload_too_deep: {
    ko: "토큰 내용의 중첩이 너무 깊습니다",
    en: "The token payload is nested too deep",
  },
  claim_missing: {
    ko: "필수 클레임이 없습니다",
    en: "A required claim is missing",
  },
  claim_invalid: {
    ko: "클레임의 형식이 올바르지 않습니다",
    en: "A claim has the wrong type or an impossible value",
  },
  token_expired: {
    ko: "토큰이 만료되었습니다",
    en: "The token has expired",
  },
  token_not_yet_valid: {
    ko: "아직 사용할 수 없는 토큰입니다",
    en: "The token is not valid yet",
  },
  token_issued_in_future: {
    ko: "발급 시각이 미래인 토큰입니다",
    en: "The token was issued in the future",
  },
  token_type_mismatch: {
    ko: "토큰 종류가 맞지 않습니다",
    en: "The token has the wrong type",
  },
  issuer_mismatch: {
    ko: "토큰 발급자가 일치하지 않습니다",
    en: "The issuer of the token is not the expected one",
  },
  audience_mismatch: {
    ko: "토큰 대상이 일치하지 않습니다",
    en: "The audience of the token is not the expected one",
  },
  token_revoked: {
    ko: "폐기된 토큰입니다",
    en: "The token was revoked",
  },
  revocation_unknown: {
    ko: "토큰 폐기 여부를 확인할 수 없습니다",
    en: "Whether the token was revoked could not be found out",
  },
};
