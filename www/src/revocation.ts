import type { Explainer } from "@dojang/verifier/explain";
import { t } from "./lang.ts";
import { bytesOf, decoded, type Members } from "./token.ts";

/** The most bytes that an unpacked list may have here: 8 million tokens at one bit each. */
const LARGEST_LIST = 1_048_576;

/** How the revocation stage went; "not_checked" is said, never passed over. */
export interface Revocation {
  outcome: "not_checked" | "not_reached";
  sentence: string;
}

/**
 * What is known about the revocation of a token with these verified claims.
 *
 * The list's signature has to be verified by the wasm module, as everything here is. Its policy knows the token types
 * "access" and "refresh" alone, so a `statuslist+jwt` is always refused by it (`typ_not_allowed`), and the bit of a list
 * that was not verified decides nothing. Once the package verifies status lists, that call takes the place of `explain`
 * here, and the outcomes "passed" and "failed" (`token_revoked`) are added.
 */
export async function revocationOf(claims: Members, list: string, explainer: Explainer, now: number): Promise<Revocation> {
  const status = (claims["status"] as Members | undefined)?.["status_list"] as Members | undefined;
  const notChecked = (ko: string, en: string): Revocation => ({
    outcome: "not_checked",
    sentence: t(`확인하지 않음: ${ko}`, `Not checked: ${en}`),
  });
  if (typeof status?.["idx"] !== "number" || typeof status["uri"] !== "string") {
    return notChecked(
      "토큰이 상태 목록을 가리키지 않습니다 (status.status_list 없음). 서명과 만료 시각만으로는 로그아웃을 알 수 없습니다.",
      "the token names no status list (no status.status_list). Signature and expiry alone do not know of a logout.",
    );
  }
  const { idx, uri } = status as { idx: number; uri: string };
  if (list.trim() === "") {
    return notChecked(
      `토큰은 ${uri} 목록의 ${idx}번입니다. 그 목록을 "폐기 목록"에 붙여 넣으세요.`,
      `the token is number ${idx} of the list ${uri}. Paste that list under "Revocation list".`,
    );
  }
  const { verdict } = explainer.explain(list.trim(), { now });
  const code = verdict.ok ? "typ_not_allowed" : verdict.code;
  const bit = await bitOf(list.trim(), idx);
  const found = bit === undefined
    ? t(`${idx}번은 목록에서 읽을 수 없습니다.`, `Number ${idx} cannot be read from it.`)
    : t(`검증되지 않은 목록에는 ${idx}번이 ${bit}(으)로 적혀 있습니다.`, `The list, unverified, has ${bit} at number ${idx}.`);
  return notChecked(
    `이 검증기는 상태 목록의 서명을 아직 검증하지 못합니다 (${code}). ${found}`,
    `this verifier cannot verify the signature of a status list yet (${code}). ${found}`,
  );
}

/** The status at a place of a list (draft-ietf-oauth-status-list, section 4.1), without any verification. */
async function bitOf(list: string, idx: number): Promise<number | undefined> {
  const { bits, lst } = (decoded(list.split(".")[1])?.["status_list"] ?? {}) as { bits?: unknown; lst?: unknown };
  if (typeof lst !== "string" || typeof bits !== "number" || ![1, 2, 4, 8].includes(bits) || !Number.isSafeInteger(idx) || idx < 0) {
    return undefined;
  }
  const byte = (await unpacked(lst))?.[Math.floor((idx * bits) / 8)];
  return byte === undefined ? undefined : (byte >> ((idx * bits) % 8)) & ((1 << bits) - 1);
}

async function unpacked(lst: string): Promise<Uint8Array | undefined> {
  try {
    const stream = new Blob([bytesOf(lst)]).stream().pipeThrough(new DecompressionStream("deflate"));
    const list = new Uint8Array(LARGEST_LIST);
    let length = 0;
    const reader = stream.getReader();
    for (let { value: piece } = await reader.read(); piece !== undefined; { value: piece } = await reader.read()) {
      if (length + piece.length > LARGEST_LIST) {
        await reader.cancel();
        return undefined;
      }
      list.set(piece, length);
      length += piece.length;
    }
    return list.subarray(0, length);
  } catch {
    return undefined;
  }
}
