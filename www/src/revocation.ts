import type { VerifierOptions } from "@dojang/verifier/explain";
import type { StatusListFetch, TokenStatus } from "@dojang/verifier/status";
import { codeTexts } from "@dojang/verifier/texts";
import { issuerUrl, withServices } from "./config.ts";
import { currentLang, dateTime, t } from "./lang.ts";
import type { Members } from "./token.ts";

/** The outcome of the revocation step, and why. */
export interface Revocation {
  outcome: "passed" | "failed" | "unknown" | "not_checked" | "not_reached";
  sentence: string;
  /** The code of the outcome, and the codes of its causes. */
  codes: string[];
}

/** The reference of a token to its status list. */
interface Reference {
  uri: string;
  idx: number;
}

/** The arguments of a lookup, besides the claims. */
export interface Lookup {
  keys: string;
  options: VerifierOptions;
  /** Returns the Unix time in seconds; called after a fetch, because the list may be newer. */
  now: () => number;
  /** The pasted list; empty: fetch it from the issuer. */
  list: string;
  /** Replaces the global `fetch`. */
  fetch?: StatusListFetch;
}

/**
 * Looks a token up in the pasted list, or in the issuer's; either is verified in this page.
 * Requests go to the issuer only, and say nothing about the token.
 */
export async function lookUp(
  claims: Members,
  { keys, options, now, list, fetch }: Lookup,
): Promise<TokenStatus> {
  // Loaded with the first lookup.
  const { createStatusLists } = await import("@dojang/verifier/status");
  const { leeway = 0, futureLeeway = 5, anyAudience = false, issuer, audience } = options;
  const lists = createStatusLists(keys, {
    allowed: withServices ? issuerUrl : [],
    leeway,
    futureLeeway,
    anyAudience,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(fetch !== undefined && { fetch }),
    clock: now,
  });
  try {
    return await lists.statusOf(claims, list === "" ? {} : { list });
  } finally {
    lists.free();
  }
}

/** Returns the reference in a token's claims, if it has one. */
export function referenceIn(claims: Members): Reference | undefined {
  const status = claims["status"] as Members | null | undefined;
  const { uri, idx } = (status?.["status_list"] ?? {}) as Members;
  return typeof idx === "number" && typeof uri === "string" ? { uri, idx } : undefined;
}

/** Whether this page may fetch the list. */
export function canFetch({ uri }: Reference): boolean {
  return withServices && URL.canParse(uri) && new URL(uri).origin === new URL(issuerUrl).origin;
}

/** Describes the step before a lookup; `isLookingUp`: a pasted list is being verified. */
export function notChecked(reference: Reference | undefined, isLookingUp = false): Revocation {
  const because = (ko: string, en: string): Revocation => ({
    outcome: "not_checked",
    sentence: t(ko, en),
    codes: [],
  });
  if (reference === undefined) {
    return because(
      "토큰이 상태 목록을 가리키지 않습니다 (status.status_list 없음). 서명과 만료 시각만으로는 로그아웃을 알 수 없습니다.",
      "The token names no status list (no status.status_list). Signature and expiry alone cannot reveal a logout.",
    );
  }
  if (isLookingUp) {
    return because("목록을 확인하는 중입니다.", "Checking the list.");
  }
  const { uri, idx } = reference;
  const where = t(
    `토큰은 ${uri} 목록의 ${idx}번입니다.`,
    `The token has index ${idx} in the list ${uri}.`,
  );
  if (canFetch(reference)) {
    return because(
      `${where} 누르기 전에는 묻지 않습니다. 물을 때도 목록 전체를 받아 오므로, 어느 토큰인지는 발급 서버도 모릅니다.`,
      `${where} Nothing is fetched before you press the button. The request is for the whole list, so the issuer does not learn which token you look up.`,
    );
  }
  return withServices
    ? because(
        `${where} 이 페이지는 ${issuerUrl} 말고는 아무 데도 물을 수 없습니다. 목록을 직접 받아 "폐기 목록"에 붙여 넣으면 확인합니다.`,
        `${where} This page can fetch lists from ${issuerUrl} only. To check this one, paste it under "Revocation list".`,
      )
    : because(
        `${where} 이 페이지는 아무 데도 연결하지 않습니다. 목록을 직접 받아 "폐기 목록"에 붙여 넣으면 확인합니다.`,
        `${where} This page makes no connections. To check the list, paste it under "Revocation list".`,
      );
}

/** Describes the result of a lookup. */
export function describeStatus(status: TokenStatus): Revocation {
  if (status.status === "unknown") {
    return { outcome: "unknown", ...describeUnknown(status) };
  }
  const { idx, value, issuedAt } = status.found;
  const word = {
    valid: t("유효", "valid"),
    invalid: t("폐기", "revoked"),
    suspended: t("정지", "suspended"),
  }[status.status];
  const sentence = t(
    `서명된 목록에서 ${idx}번의 값은 ${value}(${word})입니다. 목록이 발급된 시각: ${dateTime(issuedAt)}.`,
    `In the signed list, index ${idx} is ${value} (${word}). The list was issued at ${dateTime(issuedAt)}.`,
  );
  return status.status === "valid"
    ? { outcome: "passed", sentence, codes: [] }
    : { outcome: "failed", sentence, codes: [status.code] };
}

function describeUnknown(
  status: TokenStatus & { status: "unknown" },
): Pick<Revocation, "sentence" | "codes"> {
  const { code } = status;
  if (code !== "revocation_unknown") {
    const sentence = t(
      "토큰이 가리키는 자리를 찾을 수 없습니다: 주소가 허용되지 않거나, 목록에 그런 번호가 없습니다.",
      "The status cannot be looked up: the address of the list is not allowed, or the index is beyond its end.",
    );
    return { sentence, codes: [code] };
  }
  const { error } = status;
  const codes = [code, error.code];
  if (error.code !== "status_list_invalid") {
    const missing = t("목록을 받지 못했습니다.", "the list could not be fetched.");
    const advice = t(
      "토큰을 받는 서버는 이럴 때 거부해야 합니다.",
      "A service must refuse the token then.",
    );
    return { sentence: `${codeTexts[code][currentLang()]}: ${missing} ${advice}`, codes };
  }
  const { reason } = error.details;
  const why =
    reason in codeTexts
      ? codeTexts[reason as keyof typeof codeTexts][currentLang()]
      : t("압축을 풀 수 없습니다", "It cannot be inflated");
  const sentence = t(
    `목록을 믿을 수 없습니다. 목록을 검사한 결과: ${why}.`,
    `The list is not valid: ${why}.`,
  );
  return { sentence, codes: [...codes, reason] };
}
