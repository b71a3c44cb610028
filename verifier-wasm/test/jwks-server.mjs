// An HTTP server on a free port of the loopback address that serves a key set.

import { createServer } from "node:http";
import { key, otherKey } from "./support/tokens.mjs";

export const KID = "2026-01";
export const NEXT_KID = "2026-02";
export const keySet = JSON.stringify({ keys: [{ ...key.jwk, kid: KID }] });
export const rotatedKeySet = JSON.stringify({ keys: [{ ...otherKey.jwk, kid: NEXT_KID }] });

/** Starts a server. `respond` can be replaced; `requests` counts requests. */
export async function jwksServer(respond = keys(keySet)) {
  const server = createServer((request, response) => {
    served.requests += 1;
    served.last = request;
    served.respond(request, response);
  });
  const served = {
    respond,
    requests: 0,
    url: undefined,
    async stop() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  served.url = `http://127.0.0.1:${server.address().port}/jwks.json`;
  return served;
}

export function keys(text, headers = { "cache-control": "max-age=100" }) {
  return (_, response) =>
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(text);
}

export function status(code, headers = {}) {
  return (_, response) => response.writeHead(code, headers).end();
}
