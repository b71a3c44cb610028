// An http server on a free port of the loopback address that answers with a key set, or as a test
// tells it to.

import { createServer } from "node:http";
import { key, otherKey } from "./support/tokens.mjs";

export const KID = "2026-01";
export const NEXT_KID = "2026-02";
export const keySet = JSON.stringify({ keys: [{ ...key.jwk, kid: KID }] });
export const rotatedKeySet = JSON.stringify({ keys: [{ ...otherKey.jwk, kid: NEXT_KID }] });

/** `answer(request, response)` may be replaced at any time; `requests` counts what came in. */
export async function jwksServer(answer = keys(keySet)) {
  const server = createServer((request, response) => {
    served.requests += 1;
    served.last = request;
    served.answer(request, response);
  });
  const served = {
    answer,
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
