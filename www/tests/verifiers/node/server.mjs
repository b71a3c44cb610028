// A resource server on loopback: GET /<library>/protected verifies a bearer token with a library.

import { createServer } from "node:http";
import * as awsJwtVerify from "./aws-jwt-verify.mjs";
import * as jose from "./jose.mjs";
import * as jsonwebtoken from "./jsonwebtoken.mjs";
import { port } from "./settings.mjs";

const libraries = {
  jose,
  jsonwebtoken,
  "aws-jwt-verify": awsJwtVerify,
};

async function respond({ url, headers }) {
  if (url === "/") {
    return [200, { libraries: Object.keys(libraries) }];
  }
  const library = libraries[/^\/([\w-]+)\/protected$/.exec(url)?.[1]];
  if (library === undefined) {
    return [404, { detail: "not found" }];
  }
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) {
    return [401, { detail: "no bearer token" }];
  }
  try {
    const { username } = await library.verify(token);
    return [200, { username }];
  } catch (error) {
    return [401, { detail: `${error.name}: ${error.message}` }];
  }
}

createServer(async (request, response) => {
  const [status, body] = await respond(request);
  response.writeHead(status, {
    "Content-Type": "application/json",
    ...(status === 401 && { "WWW-Authenticate": "Bearer" }),
  });
  response.end(JSON.stringify(body));
}).listen(port, "127.0.0.1");
