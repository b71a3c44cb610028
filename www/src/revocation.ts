import type { VerifierOptions } from "@dojang/verifier/explain";
import type { StatusListFetch, TokenStatus } from "@dojang/verifier/status";
import { codeTexts } from "@dojang/verifier/texts";
import { issuerUrl, withServices } from "./config.ts";
import { currentLang, dateTime, t } from "./lang.ts";
import type { Members } from "./token.ts";

/** How the revocation step went, and why. */
export interface Revocation {
  outcome: "passed" | "failed" | "unknown" | "not_checked" | "not_reached";
  sentence: string;
  /** The code of the outcome, and what stands behind it. */
  codes: string[];
}

/** Where the list of a token is. */
interface Place {
  uri: string;
  idx: number;
}

/** What a look into a list needs besides the claims. */
export interface Looking {
  keys: string;
  options: VerifierOptions;
  /** Unix seconds at which the list must be good: asked when it is there, for it may be younger than the question. */
  now: () => number;
  /** The list, when it is there already; empty: the issuer is asked for it. */
  list: string;
  /** Stands in for the global `fetch`. */
  fetch?: StatusListFetch;
}

/**
 * Looks a token up in its list, which the verifier of this page verifies: in the one that is
 * given, or in that of the issuer. Nobody but the issuer is ever asked, and the request says
 * nothing of the token.
 */
export async function lookUp(claims: Members, { keys, options, now, list, fetch }: Looking): Promise<TokenStatus> {
  // Who looks nothing up does not load this.
  const { createStatusLists } = await import("@dojang/verifier/status");
  const { leeway = 0, futureLeeway = 5, issuer } = options;
  const lists = createStatusLists(keys, {
    allowed: withServices ? issuerUrl : [],
    leeway,
    futureLeeway,
    ...(issuer !== undefined && { issuer }),
    ...(fetch !== undefined && { fetch }),
    clock: now,
  });
  try {
    return await lists.statusOf(claims, list === "" ? {} : { list });
  } finally {
    lists.free();
  }
}

/** Where a token with these claims says that its status is listed. */
export function placeOf(claims: Members): Place | undefined {
  const place = (claims["status"] as Members | null | undefined)?.["status_list"] as Members | null | undefined;
  return typeof place?.["idx"] === "number" && typeof place["uri"] === "string" ? { uri: place["uri"], idx: place["idx"] } : undefined;
}

/** Whether this page may ask for the list at this address. */
export function mayAsk({ uri }: Place): boolean {
  return withServices && URL.canParse(uri) && new URL(uri).origin === new URL(issuerUrl).origin;
}

/** What is to be said while nothing was looked up; `looking`: a list is being looked into. */
export function notChecked(place: Place | undefined, looking = false): Revocation {
  const because = (ko: string, en: string): Revocation => ({ outcome: "not_checked", sentence: t(ko, en), codes: [] });
  if (place === undefined) {
    return because(
      "토큰이 상태 목록을 가리키지 않습니다 (status.status_list 없음). 서명과 만료 시각만으로는 로그아웃을 알 수 없습니다.",
      "The token names no status list (no status.status_list). Signature and expiry alone do not know of a logout.",
    );
  }
  if (looking) {
    return because("목록을 확인하는 중입니다.", "The list is being checked.");
  }
  const { uri, idx } = place;
  const where = t(`토큰은 ${uri} 목록의 ${idx}번입니다.`, `The token is number ${idx} of the list ${uri}.`);
  if (mayAsk(place)) {
    return because(
      `${where} 누르기 전에는 묻지 않습니다. 물을 때도 목록 전체를 받아 오므로, 어느 토큰인지는 발급 서버도 모릅니다.`,
      `${where} Nobody is asked before you press the button. The whole list is fetched, so that not even the issuer learns which token it is about.`,
    );
  }
  return withServices
    ? because(
        `${where} 이 페이지는 ${issuerUrl} 말고는 아무 데도 물을 수 없습니다. 목록을 직접 받아 "폐기 목록"에 붙여 넣으면 확인합니다.`,
        `${where} This page may ask nobody but ${issuerUrl}. Get the list yourself and paste it under "Revocation list" to have it checked.`,
      )
    : because(
        `${where} 이 페이지는 아무 데도 연결하지 않습니다. 목록을 직접 받아 "폐기 목록"에 붙여 넣으면 확인합니다.`,
        `${where} This page connects to nobody. Get the list yourself and paste it under "Revocation list" to have it checked.`,
      );
}

/** What was found out, in words. */
export function told(status: TokenStatus): Revocation {
  if (status.status === "unknown") {
    return { outcome: "unknown", ...unknown(status) };
  }
  const { idx, value, issuedAt } = status.found;
  const word = {
    valid: t("유효", "valid"),
    invalid: t("폐기", "revoked"),
    suspended: t("정지", "suspended"),
  }[status.status];
  const sentence = t(
    `서명된 목록에서 ${idx}번의 값은 ${value}(${word})입니다. 목록이 발급된 시각: ${dateTime(issuedAt)}.`,
    `In the signed list, number ${idx} is ${value} (${word}). The list was issued at ${dateTime(issuedAt)}.`,
  );
  return status.status === "valid"
    ? { outcome: "passed", sentence, codes: [] }
    : { outcome: "failed", sentence, codes: [status.code] };
}

function unknown(status: TokenStatus & { status: "unknown" }): Pick<Revocation, "sentence" | "codes"> {
  const { code } = status;
  if (code !== "revocation_unknown") {
    return {
      sentence: t(
        "토큰이 가리키는 자리를 찾을 수 없습니다: 주소가 허용되지 않거나, 목록에 그런 번호가 없습니다.",
        "The place that the token names is not there: its address is not allowed, or the list has no such number.",
      ),
      codes: [code],
    };
  }
  const { error } = status;
  const codes = [code, error.code];
  if (error.code !== "status_list_invalid") {
    return {
      sentence: `${codeTexts[code][currentLang()]}: ${t("목록을 받지 못했습니다.", "the list could not be had.")} ${t("토큰을 받는 서버는 이럴 때 거부해야 합니다.", "A service refuses the token then.")}`,
      codes,
    };
  }
  const { reason } = error.details;
  const why = reason in codeTexts ? codeTexts[reason as keyof typeof codeTexts][currentLang()] : t("압축을 풀 수 없습니다", "It cannot be unpacked");
  return {
    sentence: t(`목록을 믿을 수 없습니다. 목록을 검사한 결과: ${why}.`, `The list is not to be believed. What the check of the list says: ${why}.`),
    codes: [...codes, reason],
  };
}
