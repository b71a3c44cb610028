import { t } from "./lang.ts";
import { urlOf, type Service, type ServiceResponse } from "./services.ts";

/**
 * Describes why a response is not the expected one.
 *
 * @param refused the text for 401 and 403
 */
export function describeFailure(
  service: Service,
  response: ServiceResponse | undefined,
  refused: string,
): string {
  const url = urlOf(service);
  if (response === undefined) {
    return t(
      `${url} 에 연결할 수 없습니다. 서버가 실행 중인지 확인하세요.`,
      `Cannot reach ${url}. Is the server running?`,
    );
  }
  const { status, body, retryAfter = 60 } = response;
  if (status === 429) {
    return t(
      `시도가 너무 많습니다. ${retryAfter}초 뒤에 다시 시도하세요.`,
      `Too many attempts. Try again in ${retryAfter} seconds.`,
    );
  }
  const { detail } = (body ?? {}) as { detail?: unknown };
  const suffix = typeof detail === "string" ? `(HTTP ${status}: ${detail})` : `(HTTP ${status})`;
  const text = [401, 403].includes(status) ? refused : describeStatusCode(url, status);
  return `${text} ${suffix}`;
}

function describeStatusCode(url: string, status: number): string {
  if (status < 400) {
    return t(`${url} 의 응답에 있어야 할 것이 없습니다.`, `The response of ${url} is incomplete.`);
  }
  return status < 500
    ? t("거부되었습니다.", "Refused.")
    : t(
        `${url} 에 문제가 있어 지금은 처리하지 못합니다.`,
        `${url} has a problem and cannot handle this now.`,
      );
}
