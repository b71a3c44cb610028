// A logout at the issuer, seen from the edge: at once through Redis, within the list's ttl through
// the status list. These tests start their own programs, with a Redis and a short ttl.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./programs.mjs";

const {
  ISSUER_PROGRAM: issuerProgram,
  EDGE_HOST_PROGRAM: edgeProgram,
  EDGE_COMPONENT: component,
} = process.env;
const USER = { username: "logout", password: "logout-pass-123" };
const PATIENCE = 30_000;

/** Why these tests cannot run; false when they can. */
function reasonToSkip() {
  if (!issuerProgram || !edgeProgram || !component) {
    const names = "ISSUER_PROGRAM, EDGE_HOST_PROGRAM and EDGE_COMPONENT";
    return `skipped: set ${names} (cargo xtask test does)`;
  }
  const help = execFileSync(issuerProgram, ["serve", "--help"], { encoding: "utf8" });
  if (!help.includes("REDIS_URL")) {
    return "skipped: this issuer does not publish revocations";
  }
  try {
    execFileSync("redis-server", ["--version"]);
  } catch {
    return "skipped: redis-server is not installed";
  }
  return false;
}

/** Polls until the value is the expected one. */
async function until(what, poll, isWanted) {
  const end = Date.now() + PATIENCE;
  let last;
  while (Date.now() < end) {
    last = await poll().catch((error) => error);
    if (isWanted(last)) return last;
    await sleep(50);
  }
  throw new Error(`${what}: ${last instanceof Error ? last : JSON.stringify(last)}`);
}

function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}

describe("a logout at the issuer", { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let state;
  let issuerUrl;
  let redisUrl;
  const programs = [];

  function start(program, args, env = {}) {
    const child = spawn(program, args, {
      cwd: state,
      env: { PATH: process.env.PATH, HOME: state, ...env },
      stdio: ["ignore", "ignore", "inherit"],
    });
    programs.push(child);
  }

  const issuerEnvironment = () => ({
    DATABASE_URL: "sqlite://issuer.sqlite3",
    ISSUER_KEYS_DIR: join(state, "keys"),
    RUST_LOG: "warn",
  });

  async function post(path, body) {
    const response = await fetch(`${issuerUrl}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return response.json();
  }

  const logIn = () => post("/api/token/", USER);
  const logOut = (tokens) => post("/api/token/blacklist/", { refresh: tokens.refresh });

  /** Starts an edge with these variables; returns its address. */
  async function edge(name, variables, origins) {
    const port = await freePort();
    const all = { public_key: readFileSync(join(state, "keys/public.pem"), "utf8"), ...variables };
    const variableArgs = Object.entries(all).flatMap(([variable, value]) => [
      "--variable",
      `${variable}=${value}`,
    ]);
    const allowed = origins.flatMap((origin) => ["--allow-outbound", origin]);
    const args = [
      component,
      "--listen",
      `127.0.0.1:${port}`,
      "--state-dir",
      join(state, name),
      ...variableArgs,
      ...allowed,
    ];
    start(edgeProgram, args, { RUST_LOG: "warn" });
    const url = `http://127.0.0.1:${port}`;
    await until(
      `the edge with ${name}`,
      () => fetch(url),
      (response) => response.status === 200,
    );
    return url;
  }

  async function verdict(url, token) {
    const response = await fetch(`${url}/protected`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE),
    });
    const body = await response.json();
    return [response.status, body.code];
  }

  before(async () => {
    state = mkdtempSync(join(tmpdir(), "dojang-logout-"));
    const [issuerPort, redisPort] = [await freePort(), await freePort()];
    issuerUrl = `http://localhost:${issuerPort}`;
    redisUrl = `redis://127.0.0.1:${redisPort}`;
    const options = {
      cwd: state,
      env: { PATH: process.env.PATH, ...issuerEnvironment() },
      stdio: ["pipe", "ignore", "inherit"],
    };
    execFileSync(issuerProgram, ["keys", "generate"], options);
    const user = [
      "users",
      "create",
      "--username",
      USER.username,
      "--email",
      "logout@example.com",
      "--password-stdin",
    ];
    execFileSync(issuerProgram, user, { ...options, input: USER.password });
    start("redis-server", [
      "--port",
      `${redisPort}`,
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
      "--loglevel",
      "warning",
    ]);
    start(issuerProgram, ["serve", "--listen", `127.0.0.1:${issuerPort}`], {
      ...issuerEnvironment(),
      REDIS_URL: redisUrl,
      ISSUER_PUBLIC_URL: issuerUrl,
      ISSUER_STATUS_LIST_TTL: "2",
    });
    await until(
      "the issuer",
      () => fetch(`${issuerUrl}/healthz`),
      (response) => response.status === 200,
    );
  });

  after(async () => {
    const running = programs.filter(
      (child) => child.exitCode === null && child.signalCode === null,
    );
    const ended = running.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    running.forEach((child) => child.kill());
    await Promise.all(ended);
    rmSync(state, { recursive: true, force: true });
  });

  test("is effective at the edge at once through Redis, for this session only", async () => {
    const url = await edge("redis", { revocation: "redis", redis_url: redisUrl }, [redisUrl]);
    const [one, other] = [await logIn(), await logIn()];
    assert.deepEqual(await verdict(url, one.access), [200, undefined]);
    await logOut(one);
    assert.deepEqual(await verdict(url, one.access), [401, "token_revoked"]);
    assert.deepEqual(await verdict(url, other.access), [200, undefined]);
  });

  test("is effective at the edge within the ttl of the list, for this session only", async () => {
    const [one, other] = [await logIn(), await logIn()];
    const reference = claimsOf(one.access).status.status_list;
    const list = await fetch(reference.uri, { signal: AbortSignal.timeout(PATIENCE) });
    const { ttl = 60 } = claimsOf((await list.text()).trim());
    const address = { revocation: "status_list", status_list_url: reference.uri };
    const url = await edge("list", address, [new URL(reference.uri).origin]);
    // A list from before the logins may be cached for its ttl; it has their indexes.
    assert.deepEqual(await verdict(url, one.access), [200, undefined]);
    await logOut(one);
    // A list fetched after the logout contains it; the cached one may be used for its ttl. One
    // second more for the fetch.
    const end = Date.now() + (ttl + 1) * 1000;
    let seen = await verdict(url, one.access);
    while (seen[0] !== 401 && Date.now() < end) {
      await sleep(50);
      seen = await verdict(url, one.access);
    }
    assert.deepEqual(seen, [401, "token_revoked"], `${ttl} s and one more have passed`);
    assert.deepEqual(await verdict(url, other.access), [200, undefined]);
  });
});
