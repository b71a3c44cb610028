import { refusalOf } from "./keys.ts";
import { t } from "./lang.ts";

/** The longest token that the verifier reads, in characters. */
const MAX_TOKEN = 16_384;
/** The longest key text that it reads, in characters. */
const MAX_KEYS = 131_072;

export type Pasted =
  | { kind: "token"; token: string; note: string }
  | { kind: "nothing" }
  /** A text that must not stay on the page. */
  | { kind: "secret"; help: string }
  /** Something else; `token` is set when it can be verified, to be refused. */
  | { kind: "other"; help: string; token?: string };

/** The last text that is not a secret. A cache, because the fields are checked every second. */
let harmless = "";

/** Whether a text looks like a private or symmetric key, or is refused as one by the verifier. */
export function isSecret(text: string): boolean {
  return looksSecret(text) || isRefusedAsSecret(text.trim());
}

/** Detects private keys as PEM, OpenPGP or JWK and symmetric JWKs; JWKs also in JSON strings. */
function looksSecret(text: string): boolean {
  if (/PRIVATE KEY( BLOCK)?-----/.test(text)) {
    return true;
  }
  // Configurations and logs have keys in strings, which may be nested: remove all backslashes.
  const members = text.replace(/\\u0022/gi, '"').replaceAll("\\", "");
  // Keys that do not parse are secrets, too.
  return (
    /"kty"\s*:/.test(members) &&
    (/"(d|p|q|dp|dq|qi)"\s*:\s*"/.test(members) || /"kty"\s*:\s*"oct"/.test(members))
  );
}

/** The verifier knows every private member, in any spelling and without a `kty`. */
function isRefusedAsSecret(text: string): boolean {
  // Only these can be keys.
  if (!/^[{-]/.test(text) || text.length > MAX_KEYS || text === harmless) {
    return false;
  }
  const refusal = refusalOf(text);
  if (refusal === "key_private" || refusal === "key_symmetric") {
    return true;
  }
  harmless = text;
  return false;
}

/** Whether a text looks like a key or a key set. */
export function isKey(text: string): boolean {
  return /^\s*-----BEGIN /.test(text) || (/^\s*\{/.test(text) && /"(kty|keys)"\s*:/.test(text));
}

export function secretHelp(): string {
  return t(
    "비밀 키입니다. 바로 지웠고 어디에도 저장하지 않았습니다. 검증에는 공개 키만 필요합니다. 이 키를 다른 곳에도 붙여 넣었다면 교체하세요.",
    "This is a private or secret key. It was removed from the page at once and stored nowhere. Verification needs the public key only. If you pasted this key anywhere else, replace it.",
  );
}

/** Classifies the text of the token field. */
export function pastedToken(text: string): Pasted {
  if (isSecret(text)) {
    return { kind: "secret", help: secretHelp() };
  }
  const trimmed = text.trim();
  if (trimmed === "") {
    return { kind: "nothing" };
  }
  const token = trimmed
    .replace(/^(authorization\s*:\s*)?bearer\s+/i, "")
    .replace(/^"(.*)"$/s, "$1");
  if (token.length > MAX_TOKEN) {
    return {
      kind: "other",
      token,
      help: t(
        `${token.length.toLocaleString()}자입니다. 토큰은 ${MAX_TOKEN.toLocaleString()}바이트를 넘을 수 없습니다. 파일 전체를 붙여 넣지는 않았나요?`,
        `The text has ${token.length.toLocaleString()} characters, a token at most ${MAX_TOKEN.toLocaleString()} bytes. Did you paste a whole file?`,
      ),
    };
  }
  if (token.startsWith("-----BEGIN")) {
    return {
      kind: "other",
      help: t(
        "토큰이 아니라 키입니다. 공개 키 칸에 붙여 넣으세요.",
        "This is a key, not a token. Paste it into the field for public keys.",
      ),
    };
  }
  if (token.startsWith("{")) {
    return {
      kind: "other",
      help: t(
        "JSON입니다. 점으로 나뉜 세 부분(compact 직렬화)의 토큰이 필요합니다. 로그인 응답이라면 access 값만 붙여 넣으세요.",
        "This is JSON. A token in compact form is needed: three parts, separated by dots. From the response to a login, paste the value of access only.",
      ),
    };
  }
  const parts = token.split(".").length;
  if (parts === 5) {
    return {
      kind: "other",
      token,
      help: t(
        "다섯 부분이면 암호화된 토큰(JWE)입니다. 받는 쪽의 비밀 키로만 읽을 수 있고, 여기서는 서명된 토큰(JWS)만 검증합니다.",
        "Five parts are an encrypted token (JWE). It can be read with the private key of its recipient only; this page verifies signed tokens (JWS).",
      ),
    };
  }
  if (parts !== 3) {
    return {
      kind: "other",
      token,
      help: t(
        `토큰이 아닙니다. 토큰은 점 두 개로 나뉜 세 부분인데, 이 글은 ${parts}부분입니다.`,
        `This is not a token. A token has three parts, separated by dots; this text has ${parts}.`,
      ),
    };
  }
  const note =
    token === trimmed
      ? ""
      : t(
          "토큰 앞뒤의 Bearer나 따옴표는 빼고 검사했습니다.",
          "Bearer or quotation marks around the token were removed.",
        );
  return { kind: "token", token, note };
}
