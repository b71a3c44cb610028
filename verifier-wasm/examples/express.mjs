// A resource server with Express: JWKS_URL=http://localhost:8000/.well-known/jwks.json node
// examples/express.mjs

import express from "express";
import { createRemoteJwks } from "@dojang/verifier/jwks";
import { authenticate, demandRole, TurnedAway } from "./bearer.mjs";

/** Middleware: `request.token` is the verified token behind it. */
export function bearer(verifier) {
  return (request, _response, next) => {
    // Express 4 does not look at the promise of a middleware: a rejection must be passed on.
    authenticate(verifier, request).then((token) => {
      request.token = token;
      next();
    }, next);
  };
}

/** Middleware to come after `bearer`. */
export function role(name) {
  return (request, _response, next) => {
    demandRole(name, request.token, request);
    next();
  };
}

/** Error handler: answers those who were turned away. */
export function turnedAway(error, _request, response, next) {
  if (error instanceof TurnedAway) {
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
  app.use((_request, _response, next) => next(new TurnedAway(404, "not_found", "Not Found")));
  return app.use(turnedAway);
}

if (import.meta.filename === process.argv[1]) {
  const app = createApp(createRemoteJwks(process.env.JWKS_URL));
  app.listen(Number(process.env.PORT ?? 8001), "127.0.0.1", function listening() {
    console.log(`http://127.0.0.1:${this.address().port}/protected`);
  });
}
