import { t } from "./lang.ts";
import { referenceIn } from "./revocation.ts";
import type { ServiceResponse } from "./services.ts";
import { decoded, timeLeft } from "./token.ts";

/** The member `revocation` of the edge's `GET /`. */
interface EdgeRevocation {
  source?: string;
  lists?: { age_seconds?: number | null };
  problem?: string;
}

/**
 * Explains why the edge still accepts a token after the logout.
 *
 * @param health the response of the edge to `GET /`, if there was one
 * @param access the accepted token
 */
export function whyStillAccepted(health: ServiceResponse | undefined, access: string): string {
  const { source, lists, problem } =
    ((health?.body ?? {}) as { revocation?: EdgeRevocation }).revocation ?? {};
  switch (source) {
    case "none":
      return t(
        `로그아웃했는데도 엣지는 받아들입니다. 엣지의 폐기 확인이 꺼져 있어서, access 토큰은 만료될 때까지(${timeLeft(access)}) 살아 있습니다.`,
        `Logged out, but the edge still accepts the token: its check for revocation is off, so the access token stays valid until it expires (${timeLeft(access)} left).`,
      );
    case "redis":
      return problem === undefined
        ? t(
            "엣지가 아직 받아들입니다. 엣지는 매번 Redis에 물어보는데, 그 Redis에는 이 로그아웃이 없습니다. 발급 서버가 같은 Redis에 로그아웃을 적는지(REDIS_URL) 확인하세요.",
            "The edge still accepts the token. It asks Redis each time, and this logout is not in that Redis. Check that the issuer writes logouts to the same one (REDIS_URL).",
          )
        : t(
            "엣지가 아직 받아들입니다. 폐기를 물어볼 Redis가 응답하지 않는데, 그럴 때는 들여보내도록 설정되어 있습니다.",
            "The edge still accepts the token. Its Redis for revocations does not respond, and it is configured to accept tokens meanwhile.",
          );
    case "status_list":
      return explainLists(lists?.age_seconds ?? undefined, access);
    default:
      return t(
        "로그아웃했는데도 엣지는 받아들입니다. 폐기를 어떻게 확인하는지는 엣지에게서 듣지 못했습니다.",
        "Logged out, but the edge still accepts the token. It did not report how it checks for revocation.",
      );
  }
}

/** @param age the age of the oldest list of the edge, in seconds */
function explainLists(age: number | undefined, access: string): string {
  if (referenceIn(decoded(access.split(".")[1]) ?? {}) === undefined) {
    return t(
      `로그아웃했는데도 엣지는 받아들입니다. 엣지는 폐기 목록을 보지만 이 토큰은 어느 목록도 가리키지 않아서, 만료될 때까지(${timeLeft(access)}) 살아 있습니다.`,
      `Logged out, but the edge still accepts the token: it uses status lists and this token names none, so it stays valid until it expires (${timeLeft(access)} left).`,
    );
  }
  if (age === undefined) {
    return t(
      "엣지가 아직 받아들입니다. 엣지에 아직 폐기 목록이 없어서 로그아웃을 알 수 없습니다. 잠시 뒤에 다시 눌러 보세요.",
      "The edge still accepts the token. It has no revocation list yet, so it cannot know of the logout. Try again in a moment.",
    );
  }
  return t(
    `엣지가 아직 받아들입니다. 폐기 목록을 매번 묻지 않고 사본을 쓰는데, 지금 사본은 ${age}초 된 것이라 로그아웃을 모릅니다. 잠시 뒤에 다시 눌러 보세요.`,
    `The edge still accepts the token. It caches the revocation list, and its copy, ${age} s old, does not have the logout. Try again in a moment.`,
  );
}
