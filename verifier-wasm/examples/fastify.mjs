// A resource server with Fastify: JWKS_URL=http://localhost:8000/.well-known/jwks.json node
// examples/fastify.mjs

import fastify from "fastify";
import { createRemoteJwks } from "@dojang/verifier/jwks";
import { authenticate, HttpError, roleCheck, scopeCheck } from "./bearer.mjs";

/** Hook that sets `request.token` to the verified token. */
export function bearer(verifier) {
  return async (request) => {
    request.token = await authenticate(verifier, request.raw);
  };
}

/** Hook that demands a role, after `bearer`; see `roleCheck`. */
export function role(name, path) {
  return checked(roleCheck(name, path));
}

/** Hook that demands all of these scopes, after `bearer`. */
export function scope(...names) {
  return checked(scopeCheck(...names));
}

function checked(check) {
  return async (request) => check(request.token, request.raw);
}

/** The error handler. */
export function errorHandler(error, _request, reply) {
  if (error instanceof HttpError) {
    return reply.code(error.status).headers(error.headers).send(error.body);
  }
  throw error;
}

export function createApp(verifier) {
  const app = fastify();
  app.decorateRequest("token", null);
  app.setErrorHandler(errorHandler);
  app.setNotFoundHandler(async () => {
    throw new HttpError(404, "not_found", "Not Found");
  });
  app.get("/", async () => ({ status: "ok" }));
  app.get("/protected", { onRequest: bearer(verifier) }, async ({ token: { claims } }, reply) => {
    reply.header("cache-control", "no-store");
    return { message: "인증 성공!", user_id: claims.user_id, username: claims.username };
  });
  app.get(
    "/admin/dashboard",
    { onRequest: [bearer(verifier), role("admin")] },
    async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { message: "관리자 대시보드" };
    },
  );
  const reads = { onRequest: [bearer(verifier), scope("orders.read")] };
  app.get("/orders", reads, async (_request, reply) => {
    reply.header("cache-control", "no-store");
    return { orders: [] };
  });
  const isStaff = { onRequest: [bearer(verifier), role("staff", ["realm_access", "roles"])] };
  app.get("/staff", isStaff, async (_request, reply) => {
    reply.header("cache-control", "no-store");
    return { staff: [] };
  });
  return app;
}

if (import.meta.filename === process.argv[1]) {
  const app = createApp(createRemoteJwks(process.env.JWKS_URL));
  console.log(
    `${await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT ?? 8001) })}/protected`,
  );
}
