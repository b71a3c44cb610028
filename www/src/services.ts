import type { JwkSet } from "@dojang/verifier";
import { edgeUrl, issuerUrl } from "./config.ts";

/** Milliseconds until an answer is given up. */
const PATIENCE = 10_000;

export interface User {
  id: number;
  username: string;
}

export interface Answer {
  status: number;
  body: unknown;
}

/** A service that could not be reached, or did not answer in JSON. */
export class UnreachableError extends Error {
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`no usable answer from ${url}`, { cause });
    this.url = url;
  }
}

/** An answer other than the one that was hoped for. */
export class RefusedError extends Error {
  readonly answer: Answer;
  /** Seconds to wait before another try, when the service says so. */
  readonly retryAfter: number | undefined;

  constructor(answer: Answer, retryAfter: number | undefined) {
    super(`status ${answer.status}`);
    this.answer = answer;
    this.retryAfter = retryAfter;
  }
}

/** `POST /api/token/` */
export async function logIn(username: string, password: string): Promise<{ access: string; refresh: string; user: User }> {
  return (await succeed(`${issuerUrl}/api/token/`, posted({ username, password }))) as {
    access: string;
    refresh: string;
    user: User;
  };
}

/** `POST /api/token/refresh/`; the answer has a new refresh token only when the issuer rotates them. */
export async function refreshTokens(refresh: string): Promise<{ access: string; refresh?: string }> {
  return (await succeed(`${issuerUrl}/api/token/refresh/`, posted({ refresh }))) as { access: string; refresh?: string };
}

export async function publishedKeys(): Promise<JwkSet> {
  return (await succeed(`${issuerUrl}/.well-known/jwks.json`, {})) as JwkSet;
}

/** `GET /protected` at the edge, whatever it answers. */
export async function callProtected(token: string, lang: string): Promise<Answer> {
  const { answer } = await call(`${edgeUrl}/protected`, {
    headers: { Authorization: `Bearer ${token}`, "Accept-Language": lang },
  });
  return answer;
}

function posted(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function succeed(url: string, init: RequestInit): Promise<unknown> {
  const { answer, retryAfter } = await call(url, init);
  if (answer.status !== 200) {
    throw new RefusedError(answer, retryAfter);
  }
  return answer.body;
}

async function call(url: string, init: RequestInit): Promise<{ answer: Answer; retryAfter: number | undefined }> {
  try {
    const response = await fetch(url, {
      ...init,
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const body: unknown = await response.json();
    const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    return { answer: { status: response.status, body }, retryAfter: Number.isNaN(seconds) ? undefined : seconds };
  } catch (cause) {
    throw new UnreachableError(url, cause);
  }
}
