import { refusalOf } from "./keys.ts";
import { t } from "./lang.ts";

/** The largest token that the verifier reads, in characters. */
const LARGEST_TOKEN = 16_384;
/** The largest key text that it reads. */
const LARGEST_KEYS = 131_072;

export type Pasted =
  | { kind: "token"; token: string; note: string }
  | { kind: "nothing" }
  /** A text that must not stay on the page. */
  | { kind: "secret"; help: string }
  /** Something else; `token` is what a check of it would be made of, when that makes sense. */
  | { kind: "other"; help: string; token?: string };

/** The last text that the verifier did not call a secret: the fields are looked at every second. */
let harmless = "";

/** True for private and symmetric keys: for what looks like one, and for what the verifier refuses as one. */
export function isSecret(text: string): boolean {
  return looksSecret(text) || isRefusedAsSecret(text.trim());
}

/** True for private keys in PEM, OpenPGP or JWK form, and for symmetric JWKs; JWKs also inside a JSON string. */
function looksSecret(text: string): boolean {
  if (/PRIVATE KEY( BLOCK)?-----/.test(text)) {
    return true;
  }
  // Configurations and logs hold keys as strings, at times in one another; every backslash goes,
  // whatever the depth.
  const members = text.replace(/\\u0022/gi, '"').replaceAll("\\", "");
  // A key that does not parse is a secret all the same; the members are enough.
  return /"kty"\s*:/.test(members) && (/"(d|p|q|dp|dq|qi)"\s*:\s*"/.test(members) || /"kty"\s*:\s*"oct"/.test(members));
}

/** What the verifier says of this as keys: it knows every private member, however it is written and without a kty beside it. */
function isRefusedAsSecret(text: string): boolean {
  // It takes nothing else for a key.
  if (!/^[{-]/.test(text) || text.length > LARGEST_KEYS || text === harmless) {
    return false;
  }
  const refusal = refusalOf(text);
  if (refusal === "key_private" || refusal === "key_symmetric") {
    return true;
  }
  harmless = text;
  return false;
}

/** True for what looks like a key or a key set. */
export function isKey(text: string): boolean {
  return /^\s*-----BEGIN /.test(text) || (/^\s*\{/.test(text) && /"(kty|keys)"\s*:/.test(text));
}

export function secretHelp(): string {
  return t(
    "비밀 키입니다. 바로 지웠고 어디에도 저장하지 않았습니다. 검증에는 공개 키만 필요합니다. 이 키를 다른 곳에도 붙여 넣었다면 교체하세요.",
    "This is a private or secret key. It was removed from the page at once and stored nowhere. A check only needs the public key. If you pasted this key anywhere else, replace it.",
  );
}

/** What somebody put where a token belongs, and what to tell them. */
export function pastedToken(text: string): Pasted {
  if (isSecret(text)) {
    return { kind: "secret", help: secretHelp() };
  }
  const trimmed = text.trim();
  if (trimmed === "") {
    return { kind: "nothing" };
  }
  const token = trimmed.replace(/^(authorization\s*:\s*)?bearer\s+/i, "").replace(/^"(.*)"$/s, "$1");
  if (token.length > LARGEST_TOKEN) {
    return {
      kind: "other",
      token,
      help: t(
        `${token.length.toLocaleString()}자입니다. 토큰은 ${LARGEST_TOKEN.toLocaleString()}바이트를 넘을 수 없습니다. 파일 전체를 붙여 넣지는 않았나요?`,
        `These are ${token.length.toLocaleString()} characters. A token has at most ${LARGEST_TOKEN.toLocaleString()} bytes. Was a whole file pasted?`,
      ),
    };
  }
  if (token.startsWith("-----BEGIN")) {
    return {
      kind: "other",
      help: t("토큰이 아니라 키입니다. 공개 키 칸에 붙여 넣으세요.", "This is a key, not a token. Paste it into the field for public keys."),
    };
  }
  if (token.startsWith("{")) {
    return {
      kind: "other",
      help: t(
        "JSON입니다. 점으로 나뉜 세 부분(compact 직렬화)의 토큰이 필요합니다. 로그인 응답이라면 access 값만 붙여 넣으세요.",
        "This is JSON. A token is needed in its compact form: three parts with dots between. Of a login's answer, paste the value of access alone.",
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
        "Five parts make an encrypted token (JWE). Only its recipient's private key opens it; what is checked here are signed tokens (JWS).",
      ),
    };
  }
  if (parts !== 3) {
    return {
      kind: "other",
      token,
      help: t(
        `토큰이 아닙니다. 토큰은 점 두 개로 나뉜 세 부분인데, 이 글은 ${parts}부분입니다.`,
        `This is no token. A token has three parts with two dots between; this text has ${parts}.`,
      ),
    };
  }
  const note = token === trimmed ? "" : t("토큰 앞뒤의 Bearer나 따옴표는 빼고 검사했습니다.", "Bearer or quotation marks around the token were left out.");
  return { kind: "token", token, note };
}
