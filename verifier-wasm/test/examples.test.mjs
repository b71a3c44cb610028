// The resource servers of examples/, as child processes: they fetch keys from a JWKS server, and
// their responses are those of the wire contract.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { request } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { roleCheck, scopeCheck } from "../examples/bearer.mjs";
import { jwksServer, KID, status } from "./jwks-server.mjs";
import { otherKey, token } from "./support/tokens.mjs";

const now = Math.floor(Date.now() / 1000);
const tokenWith = (claims = {}, options = {}) =>
  token({
    header: { kid: KID },
    claims: { iat: now - 60, exp: now + 3600, username: "testuser", ...claims },
    ...options,
  });
const good = tokenWith();

/** Starts the example on a free port; returns the URL that it prints. */
async function start(t, example, ...nodeOptions) {
  const jwks = await jwksServer();
  const program = spawn(
    process.execPath,
    [...nodeOptions, join(import.meta.dirname, "..", "examples", example)],
    {
      env: { ...process.env, JWKS_URL: jwks.url, PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = new Promise((resolve) => program.once("exit", resolve));
  t.after(async () => {
    program.kill();
    await Promise.all([ended, jwks.stop()]);
  });
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  const { value: url } = await lines.next();
  assert.ok(url, `${example} did not start`);
  return { jwks, get: (path, headers = []) => get(new URL(path, url), headers) };
}

/** Sends a request with `node:http`, which can send two headers of one name. */
async function get(url, headers) {
  const response = await new Promise((resolve, reject) => {
    request(url, { headers: ["Host", url.host, ...headers.flat()] }, resolve)
      .on("error", reject)
      .end();
  });
  const text = (await response.setEncoding("utf8").toArray()).join("");
  assert.match(response.headers["content-type"], /^application\/json\b/);
  return {
    status: response.statusCode,
    challenge: response.headers["www-authenticate"],
    body: JSON.parse(text),
    headers: response.headers,
  };
}

const bearer = (text) => ["Authorization", `Bearer ${text}`];
const english = ["Accept-Language", "en-US,en;q=0.9,ko;q=0.8"];
const invalid = 'Bearer error="invalid_token"';

// [path, headers, status, challenge, body]
const contract = [
  ["/", [], 200, undefined, { status: "ok" }],
  ["/nowhere", [], 404, undefined, { detail: "Not Found", code: "not_found" }],
  [
    "/protected",
    [bearer(good)],
    200,
    undefined,
    { message: "인증 성공!", user_id: 1, username: "testuser" },
  ],
  [
    "/protected",
    [["authorization", `bEaReR  ${good}`]],
    200,
    undefined,
    { message: "인증 성공!", user_id: 1, username: "testuser" },
  ],
  ["/protected", [], 401, "Bearer", { detail: "Not authenticated", code: "not_authenticated" }],
  [
    "/protected",
    [["Authorization", "Basic dTpw"]],
    401,
    "Bearer",
    { detail: "Not authenticated", code: "not_authenticated" },
  ],
  [
    "/protected",
    [["Authorization", "Bearer"]],
    401,
    "Bearer",
    { detail: "Not authenticated", code: "not_authenticated" },
  ],
  [
    "/protected",
    [["Authorization", `Bearer${good}`]],
    401,
    "Bearer",
    { detail: "Not authenticated", code: "not_authenticated" },
  ],
  [
    "/protected",
    [bearer(good), bearer(good)],
    401,
    "Bearer",
    { detail: "Not authenticated", code: "bad_authorization_header" },
  ],
  [
    "/protected",
    [bearer(tokenWith({ exp: now - 10 }))],
    401,
    invalid,
    { detail: "토큰이 만료되었습니다", code: "token_expired" },
  ],
  [
    "/protected",
    [bearer(tokenWith({ exp: now - 10 })), english],
    401,
    invalid,
    { detail: "The token has expired", code: "token_expired" },
  ],
  [
    "/protected",
    [bearer(tokenWith({ token_type: "refresh" }))],
    401,
    invalid,
    { detail: "유효하지 않은 토큰입니다", code: "token_type_mismatch" },
  ],
  [
    "/protected",
    [bearer("a.b.c")],
    401,
    invalid,
    { detail: "유효하지 않은 토큰입니다", code: "base64_invalid" },
  ],
  [
    "/protected",
    [bearer("a.b.c"), english],
    401,
    invalid,
    { detail: "The token is not valid", code: "base64_invalid" },
  ],
  [
    "/protected",
    [bearer(`${good} x`)],
    401,
    invalid,
    { detail: "유효하지 않은 토큰입니다", code: "base64_invalid" },
  ],
  [
    "/protected",
    [bearer(tokenWith({}, { privateKey: otherKey.privateKey }))],
    401,
    invalid,
    { detail: "유효하지 않은 토큰입니다", code: "signature_invalid" },
  ],
  [
    "/protected",
    [bearer(tokenWith({}, { header: { kid: "?" } }))],
    401,
    invalid,
    { detail: "유효하지 않은 토큰입니다", code: "key_not_found" },
  ],
  [
    "/admin/dashboard",
    [],
    401,
    "Bearer",
    { detail: "Not authenticated", code: "not_authenticated" },
  ],
  [
    "/admin/dashboard",
    [bearer(good)],
    403,
    'Bearer error="insufficient_scope"',
    { detail: "권한이 없습니다", code: "role_missing" },
  ],
  [
    "/admin/dashboard",
    [bearer(tokenWith({ role: ["admin"] }))],
    403,
    'Bearer error="insufficient_scope"',
    { detail: "권한이 없습니다", code: "role_missing" },
  ],
  [
    "/admin/dashboard",
    [bearer(tokenWith({ role: "admin" }))],
    200,
    undefined,
    { message: "관리자 대시보드" },
  ],
];

const needsOrders = 'Bearer error="insufficient_scope", scope="orders.read"';
const insufficient = 'Bearer error="insufficient_scope"';

/** Claims, whether `/orders` is open to them, and whether `/staff` is. */
const permissions = [
  [{}, false, false],
  [{ scope: "orders.read" }, true, false],
  [{ scope: "openid orders.read  orders.write" }, true, false],
  [{ scope: ["openid", "orders.read"] }, true, false],
  [{ scp: "orders.read" }, true, false],
  [{ scp: ["orders.read"] }, true, false],
  [{ scope: "openid", scp: ["orders.read"] }, true, false],
  [{ scope: "orders" }, false, false],
  [{ scope: "orders.readonly" }, false, false],
  [{ scope: "ORDERS.READ" }, false, false],
  [{ scope: ["openid orders.read"] }, false, false],
  [{ scope: "openid,orders.read" }, false, false],
  [{ scope: { "orders.read": true } }, false, false],
  [{ scope: 1, scp: null }, false, false],
  [{ scopes: "orders.read" }, false, false],
  [{ realm_access: { roles: ["user", "staff"] } }, false, true],
  [{ realm_access: { roles: "staff" } }, false, true],
  [{ realm_access: { roles: ["user"] } }, false, false],
  [{ realm_access: { roles: "user staff" } }, false, false],
  [{ realm_access: { roles: { staff: true } } }, false, false],
  [{ realm_access: { roles: [["staff"]] } }, false, false],
  [{ realm_access: ["staff"] }, false, false],
  [{ realm_access: null }, false, false],
  [{ "realm_access.roles": ["staff"] }, false, false],
  [{ roles: ["staff"], role: "staff" }, false, false],
];

const examples = [
  ["express.mjs", "express.mjs"],
  [
    "express.mjs with Express 4",
    "express.mjs",
    "--import",
    new URL("express4.mjs", import.meta.url).href,
  ],
  ["fastify.mjs", "fastify.mjs"],
];
for (const [name, ...program] of examples) {
  test(`${name} responds as the contract says`, async (t) => {
    const { get } = await start(t, ...program);
    for (const [path, headers, status, challenge, body] of contract) {
      const response = await get(path, headers);
      assert.deepEqual(
        [response.status, response.challenge, response.body],
        [status, challenge, body],
        `${path} ${headers}`,
      );
      assert.equal(response.headers["cache-control"], path === "/" ? undefined : "no-store", path);
    }
  });

  test(`${name} demands scopes and nested roles`, async (t) => {
    const { get } = await start(t, ...program);
    const denied = (code) => ({ detail: "Permission denied", code });
    for (const [claims, readsOrders, isStaff] of permissions) {
      const headers = [bearer(tokenWith(claims)), english];
      for (const [path, isOpen, body, challenge, code] of [
        ["/orders", readsOrders, { orders: [] }, needsOrders, "scope_missing"],
        ["/staff", isStaff, { staff: [] }, insufficient, "role_missing"],
      ]) {
        const response = await get(path, headers);
        assert.deepEqual(
          [response.status, response.challenge, response.body],
          isOpen ? [200, undefined, body] : [403, challenge, denied(code)],
          `${path} ${JSON.stringify(claims)}`,
        );
        assert.equal(response.headers["cache-control"], "no-store");
      }
    }
    const { status, challenge } = await get("/orders", []);
    assert.deepEqual([status, challenge], [401, "Bearer"]);
  });

  test(`${name} responds with 503 without keys`, async (t) => {
    const { jwks, get } = await start(t, ...program);
    jwks.respond = status(500);
    const { status: code, headers, body, challenge } = await get("/protected", [bearer(good)]);
    assert.deepEqual(
      [code, body.code, headers["retry-after"], challenge],
      [503, "jwks_status_unexpected", "5", undefined],
    );
  });
}

test("all of several scopes are demanded, and the challenge names them", () => {
  const check = scopeCheck("orders.read", "orders.write");
  const request = { headers: {} };
  check({ claims: { scope: "orders.write orders.read" } }, request);
  check({ claims: { scope: "orders.write", scp: ["orders.read"] } }, request);
  assert.throws(() => check({ claims: { scope: "orders.read" } }, request), {
    status: 403,
    headers: {
      "cache-control": "no-store",
      "www-authenticate": 'Bearer error="insufficient_scope", scope="orders.read orders.write"',
      vary: "Accept-Language",
    },
    body: { detail: "권한이 없습니다", code: "scope_missing" },
  });
});

test("a member of a path may have dots in its name", () => {
  const check = roleCheck("admin", ["https://shop.example/roles"]);
  check({ claims: { "https://shop.example/roles": ["admin"] } }, {});
  assert.throws(() => check({ claims: {} }, { headers: {} }), { status: 403 });
});

test("a role that objects inherit is no role of the token", () => {
  const check = roleCheck("admin", ["realm_access", "roles"]);
  const claims = Object.create({ realm_access: { roles: ["admin"] } });
  assert.throws(() => check({ claims }, { headers: {} }), { status: 403 });
  const ofText = roleCheck("admin", ["roles", "0"]);
  assert.throws(() => ofText({ claims: { roles: "admin" } }, { headers: {} }), { status: 403 });
});

test("a check that could never fail, or never pass, is not created", () => {
  for (const create of [
    () => scopeCheck(),
    () => scopeCheck(""),
    () => scopeCheck("orders.read", undefined),
    () => scopeCheck("orders.read orders.write"),
    () => scopeCheck('a"b'),
    () => scopeCheck(["orders.read"]),
    () => roleCheck(),
    () => roleCheck(""),
    () => roleCheck("admin", "realm_access.roles"),
    () => roleCheck("admin", []),
    () => roleCheck("admin", ["realm_access", undefined]),
    () => roleCheck("admin", null),
  ]) {
    assert.throws(create, TypeError, `${create}`);
  }
});

test("the example with Express 4 runs on Express 4", async () => {
  const require = createRequire(import.meta.url);
  assert.match(require("express4/package.json").version, /^4\./);
  assert.match(require("express/package.json").version, /^5\./);
});
