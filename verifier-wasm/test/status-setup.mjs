// A server with a status list, for the tests of the status entry.

import { createStatusLists } from "@dojang/verifier/status";
import { jwksServer, keys } from "./jwks-server.mjs";
import { claimsWithStatus, key, NOW, statusList } from "./support/tokens.mjs";

/** Indexes in the list. */
export const REVOKED = 5;
export const GOOD = 6;

/** Starts a server with a list, and creates `lists` with a clock that shows `time.now`. */
export async function setUp(t, { respond, keySource = key.jwk, ...options } = {}) {
  const server = await jwksServer();
  t.after(() => server.stop());
  const origin = new URL(server.url).origin;
  const uri = `${origin}/status/1`;
  const time = { now: NOW };
  const serve = (changes) => {
    server.respond = keys(statusList({ uri, statuses: { [REVOKED]: 1 }, ...changes }));
  };
  serve();
  if (respond !== undefined) {
    server.respond = respond;
  }
  const lists = createStatusLists(keySource, {
    allowed: `${origin}/status`,
    clock: () => time.now,
    ...options,
  });
  t.after(() => lists.free());
  return {
    server,
    origin,
    uri,
    time,
    lists,
    serve,
    ask: (idx) => lists.statusOf(claimsWithStatus(uri, idx)),
  };
}

/** Returns the status with its code, and with the code and details of its error if it has one. */
export const short = ({ status, code, error }) =>
  error === undefined ? [status, code] : [status, code, error.code, error.details];

export const VALID = ["valid", undefined];
export const INVALID = ["invalid", "token_revoked"];
