import type { StatusListFetch } from "@dojang/verifier/status";
import { edgeUrl, issuerUrl } from "./config.ts";
import { decoded } from "./token.ts";

/** Milliseconds until an answer is given up. An upload may take longer. */
const PATIENCE = 10_000;

export type Service = "issuer" | "edge";

/** One request and what came back, as the diagram draws them. */
export interface Exchange {
  to: Service;
  method: string;
  path: string;
  /** What is worth seeing of the request: its credentials and its body, secrets cut short. */
  sent: string[];
  /** Undefined while none has come. */
  answer: Answer | undefined;
  /** True when there was no usable answer at all. */
  failed: boolean;
}

export interface Answer {
  status: number;
  body: unknown;
  /** Seconds to wait before another try, when the service says so. */
  retryAfter?: number;
}

/** Is told of every exchange when it begins, and again when it ends. */
export type Watch = (exchange: Exchange) => void;

interface Asked {
  to: Service;
  method: string;
  path: string;
  bearer?: string;
  json?: Record<string, string>;
  lang: string;
}

/** Asks a service; the answer whatever its status, or undefined when none came or a good one is no JSON. */
export async function ask({ to, method, path, bearer, json, lang }: Asked, watch: Watch): Promise<Answer | undefined> {
  const exchange = begun(to, method, path, bearer, json, watch);
  try {
    const response = await fetch(`${addressOf(to)}${path}`, {
      method,
      headers: {
        "Accept-Language": lang,
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
        ...(json !== undefined && { "Content-Type": "application/json" }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    const answer: Answer = { status: response.status, body: bodyOf(await response.text(), response.status), ...(!Number.isNaN(seconds) && { retryAfter: seconds }) };
    exchange.answer = answer;
  } catch {
    exchange.failed = true;
  }
  watch(exchange);
  return exchange.answer;
}

/**
 * `POST /upload` at the edge. `fetch` cannot tell how much of a body has left; this request can.
 *
 * @param progress is told the fraction of the file that was sent, 0 to 1
 */
export function upload(file: File, bearer: string, lang: string, progress: (sent: number) => void, watch: Watch): Promise<Answer | undefined> {
  const exchange = begun("edge", "POST", "/upload", bearer, undefined, watch);
  exchange.sent.push(`${file.name}, ${file.size.toLocaleString()} bytes`);
  watch(exchange);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${edgeUrl}/upload`);
    request.setRequestHeader("Authorization", `Bearer ${bearer}`);
    request.setRequestHeader("Accept-Language", lang);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total === 0 ? 1 : loaded / total));
    request.addEventListener("loadend", () => {
      try {
        exchange.answer = { status: request.status, body: bodyOf(request.responseText, request.status) };
      } catch {
        exchange.failed = true;
      }
      watch(exchange);
      done(exchange.answer);
    });
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

/** `fetch` for the issuer's status lists, whose payload is what the exchange shows. */
export function listFetch(watch: Watch): StatusListFetch {
  return async (url, request) => {
    const exchange = begun("issuer", "GET", new URL(url).pathname, undefined, undefined, watch);
    try {
      const response = await fetch(url, { ...request, credentials: "omit" });
      const text = await response.clone().text();
      exchange.answer = { status: response.status, body: decoded(text.trim().split(".")[1]) ?? text.slice(0, 200) };
      return response;
    } catch (error) {
      exchange.failed = true;
      throw error;
    } finally {
      watch(exchange);
    }
  };
}

export function addressOf(service: Service): string {
  return service === "issuer" ? issuerUrl : edgeUrl;
}

/** Enough of a token to tell it from another. */
export function shortened(token: string): string {
  return token.length > 24 ? `${token.slice(0, 10)}…${token.slice(-6)}` : token;
}

/** What a proxy says in HTML or plain text of a failure is an answer too. */
function bodyOf(text: string, status: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (status >= 400) {
      return text.slice(0, 200);
    }
    throw error;
  }
}

function begun(to: Service, method: string, path: string, bearer: string | undefined, json: Record<string, string> | undefined, watch: Watch): Exchange {
  const sent = bearer === undefined ? [] : [`Authorization: Bearer ${shortened(bearer)}`];
  if (json !== undefined) {
    const members = Object.entries(json).map(([name, value]) => [name, name === "password" ? "••••" : shortened(value)]);
    sent.push(JSON.stringify(Object.fromEntries(members)));
  }
  const exchange: Exchange = { to, method, path, sent, answer: undefined, failed: false };
  watch(exchange);
  return exchange;
}
