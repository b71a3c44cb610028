import type { StatusListFetch } from "@dojang/verifier/status";
import { edgeUrl, issuerUrl } from "./config.ts";
import { decoded } from "./token.ts";

/** Milliseconds. Uploads have no limit. */
const TIMEOUT = 10_000;

export type Service = "issuer" | "edge";

/** A request and its response, as the diagram draws them. */
export interface Exchange {
  service: Service;
  method: string;
  path: string;
  /** The credentials and the body of the request, with secrets shortened. */
  sent: string[];
  /** Undefined until it arrives. */
  response: ServiceResponse | undefined;
  /** Whether there was no usable response. */
  failed: boolean;
}

export interface ServiceResponse {
  status: number;
  body: unknown;
  /** The value of `Retry-After` in seconds. */
  retryAfter?: number;
}

/** Called when an exchange begins, changes and ends. */
export type OnExchange = (exchange: Exchange) => void;

interface ServiceRequest {
  service: Service;
  method: string;
  path: string;
  bearer?: string;
  json?: Record<string, string>;
}

/**
 * Sends a request to a service.
 *
 * @returns the response whatever its status; undefined when none arrived or a good one is not JSON
 */
export async function send(
  request: ServiceRequest,
  lang: string,
  onExchange: OnExchange,
): Promise<ServiceResponse | undefined> {
  const { service, method, path, bearer, json } = request;
  const exchange = newExchange(request, onExchange);
  try {
    const response = await fetch(`${urlOf(service)}${path}`, {
      method,
      headers: {
        "Accept-Language": lang,
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
        ...(json !== undefined && { "Content-Type": "application/json" }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const { status, headers } = response;
    const retryAfter = Number.parseInt(headers.get("Retry-After") ?? "", 10);
    exchange.response = {
      status,
      body: parseBody(await response.text(), status),
      ...(!Number.isNaN(retryAfter) && { retryAfter }),
    };
  } catch {
    exchange.failed = true;
  }
  onExchange(exchange);
  return exchange.response;
}

/**
 * Sends `POST /upload` to the edge, by `XMLHttpRequest`: `fetch` does not report upload progress.
 *
 * @param onProgress called with the fraction of the file that was sent, 0 to 1
 */
export function upload(
  file: File,
  bearer: string,
  lang: string,
  onProgress: (sent: number) => void,
  onExchange: OnExchange,
): Promise<ServiceResponse | undefined> {
  const path = "/upload";
  const exchange = newExchange({ service: "edge", method: "POST", path, bearer }, onExchange);
  exchange.sent.push(`${file.name}, ${file.size.toLocaleString()} bytes`);
  onExchange(exchange);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${edgeUrl}${path}`);
    request.setRequestHeader("Authorization", `Bearer ${bearer}`);
    request.setRequestHeader("Accept-Language", lang);
    request.upload.addEventListener("progress", ({ loaded, total }) =>
      onProgress(total === 0 ? 1 : loaded / total),
    );
    request.addEventListener("loadend", () => {
      const { status, responseText } = request;
      try {
        exchange.response = { status, body: parseBody(responseText, status) };
      } catch {
        exchange.failed = true;
      }
      onExchange(exchange);
      resolve(exchange.response);
    });
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

/** Returns a `fetch` for status lists, whose exchange shows the payload of the list. */
export function listFetch(onExchange: OnExchange): StatusListFetch {
  return async (url, request) => {
    const path = new URL(url).pathname;
    const exchange = newExchange({ service: "issuer", method: "GET", path }, onExchange);
    try {
      const response = await fetch(url, { ...request, credentials: "omit" });
      const text = await response.clone().text();
      const body = decoded(text.trim().split(".")[1]) ?? text.slice(0, 200);
      exchange.response = { status: response.status, body };
      return response;
    } catch (error) {
      exchange.failed = true;
      throw error;
    } finally {
      onExchange(exchange);
    }
  };
}

export function isSuccess(response: ServiceResponse | undefined): boolean {
  return response !== undefined && response.status < 400;
}

export function urlOf(service: Service): string {
  return service === "issuer" ? issuerUrl : edgeUrl;
}

/** Cuts the middle out of a token. */
export function shortened(token: string): string {
  return token.length > 24 ? `${token.slice(0, 10)}…${token.slice(-6)}` : token;
}

/** Parses JSON. Errors of proxies may be HTML or plain text. */
function parseBody(text: string, status: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (status >= 400) {
      return text.slice(0, 200);
    }
    throw error;
  }
}

function newExchange(
  { service, method, path, bearer, json }: ServiceRequest,
  onExchange: OnExchange,
): Exchange {
  const sent = bearer === undefined ? [] : [`Authorization: Bearer ${shortened(bearer)}`];
  if (json !== undefined) {
    const members = Object.entries(json).map(([name, value]) => [
      name,
      name === "password" ? "••••" : shortened(value),
    ]);
    sent.push(JSON.stringify(Object.fromEntries(members)));
  }
  const exchange = { service, method, path, sent, response: undefined, failed: false };
  onExchange(exchange);
  return exchange;
}
