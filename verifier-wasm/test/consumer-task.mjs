// The task of the consumers, and the server from which they fetch keys and status lists.

import { jwksServer, keys, keySet, KID } from "./jwks-server.mjs";
import { NOW, otherKey, statusList, token } from "./support/tokens.mjs";

/** Starts the server; `task` is the argument of `tryEverything`. */
export async function startTask() {
  const server = await jwksServer();
  const listUri = new URL("/status/1", server.url).href;
  const list = statusList({
    uri: listUri,
    bits: 2,
    statuses: { 2: 1, 3: 2 },
    header: { kid: KID },
  });
  server.respond = (request, response) =>
    keys(request.url === "/status/1" ? list : keySet, { "access-control-allow-origin": "*" })(
      request,
      response,
    );
  const task = {
    keySet,
    good: token({ header: { kid: KID } }),
    bad: token({ header: { kid: KID }, privateKey: otherKey.privateKey }),
    now: NOW,
    jwksUrl: server.url,
    listUri,
  };
  return { task, stop: () => server.stop() };
}
