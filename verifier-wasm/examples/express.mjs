// A resource server with Express: JWKS_URL=http://localhost:8000/.well-known/jwks.json node
// examples/express.mjs

import express from "express";
import { createRemoteJwks } from "@dojang/verifier/jwks";
import { authenticate, HttpError, roleCheck, scopeCheck } from "./bearer.mjs";

/** Middleware that sets `request.token` to the verified token. */
export function bearer(verifier) {
  return (request, _response, next) => {
    // Express 4 ignores the promise of a middleware, so rejections must be passed on.
    authenticate(verifier, request).then((token) => {
      request.token = token;
      next();
    }, next);
  };
}

/** Middleware that demands a role, after `bearer`; see `roleCheck`. */
export function role(name, path) {
  return checked(roleCheck(name, path));
}

/** Middleware that demands all of these scopes, after `bearer`. */
export function scope(...names) {
  return checked(scopeCheck(...names));
}

function checked(check) {
  return (request, _response, next) => {
    check(request.token, request);
    next();
  };
}

/** The error handler. */
export function errorHandler(error, _request, response, next) {
  if (error instanceof HttpError) {
    response.status(error.status).set(error.headers).json(error.body);
  } else {
    next(error);
  }
}

export function createApp(verifier) {
  const app = express().disable("x-powered-by");
  app.get("/", (_request, response) => {
    response.json({ status: "ok" });
  });
  app.get("/protected", bearer(verifier), ({ token: { claims } }, response) => {
    response.set("cache-control", "no-store");
    response.json({ message: "인증 성공!", user_id: claims.user_id, username: claims.username });
  });
  app.get("/admin/dashboard", bearer(verifier), role("admin"), (_request, response) => {
    response.set("cache-control", "no-store").json({ message: "관리자 대시보드" });
  });
  app.get("/orders", bearer(verifier), scope("orders.read"), (_request, response) => {
    response.set("cache-control", "no-store").json({ orders: [] });
  });
  const staff = role("staff", ["realm_access", "roles"]);
  app.get("/staff", bearer(verifier), staff, (_request, response) => {
    response.set("cache-control", "no-store").json({ staff: [] });
  });
  app.use((_request, _response, next) => next(new HttpError(404, "not_found", "Not Found")));
  return app.use(errorHandler);
}

if (import.meta.filename === process.argv[1]) {
  const app = createApp(createRemoteJwks(process.env.JWKS_URL));
  app.listen(Number(process.env.PORT ?? 8001), "127.0.0.1", function listening() {
    console.log(`http://127.0.0.1:${this.address().port}/protected`);
  });
}
