// Starts the resource servers of this directory. Each serves GET /<library>/protected.

import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../programs.mjs";

const here = import.meta.dirname;
const {
  GO_VERIFIERS: goProgram,
  HAPROXY: haproxy,
  PYTHON: python,
  RUST_VERIFIER: rustProgram,
} = process.env;

function isPythonReady() {
  try {
    execFileSync(python ?? "", ["-c", "import jwt, authlib, joserfc, requests"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * The programs with their libraries, and why one cannot run. `prepare` and `refresh` bring the
 * issuer's keys to a program that does not fetch them.
 */
export const programs = [
  {
    name: "Node",
    libraries: ["jose", "jsonwebtoken", "aws-jwt-verify"],
    skip: false,
    command: () => [process.execPath, join(here, "node/server.mjs")],
  },
  {
    name: "Python",
    libraries: ["pyjwt", "authlib", "joserfc"],
    skip:
      !isPythonReady() && "skipped: set PYTHON to a python with PyJWT, Authlib, joserfc, requests",
    command: () => [python, join(here, "python/server.py")],
  },
  {
    name: "Go",
    libraries: ["golang-jwt", "go-oidc"],
    skip:
      !goProgram && "skipped: set GO_VERIFIERS (cargo xtask test does, with golang-go of Debian)",
    command: () => [goProgram],
  },
  {
    name: "Rust",
    libraries: ["jsonwebtoken"],
    skip: !rustProgram && "skipped: set RUST_VERIFIER (cargo xtask test does)",
    command: () => [rustProgram],
  },
  {
    name: "HAProxy",
    libraries: ["haproxy"],
    skip: !haproxy && "skipped: set HAPROXY to an HAProxy 2.6 or newer (cargo xtask test does)",
    // -W: a master process that reloads after SIGUSR2.
    command: () => [haproxy, "-W", "-db", "-f", join(here, "haproxy/haproxy.cfg")],
    variables: (state) => ({ KEYS_DIR: join(state, "haproxy") }),
    prepare: fetchKeys,
    refresh: async (issuerUrl, state, child) => {
      await fetchKeys(issuerUrl, state);
      child.kill("SIGUSR2");
    },
  },
];

async function fetchKeys(issuerUrl, state) {
  const directory = join(state, "haproxy");
  mkdirSync(directory, { recursive: true });
  await promisify(execFile)(
    process.execPath,
    [join(here, "haproxy/fetch-keys.mjs"), issuerUrl, directory],
    { timeout: 20_000 },
  );
}

/** Sends a request; again when the connection broke, as it may while HAProxy reloads. */
async function request(url, headers = {}) {
  try {
    return await requestOnce(url, headers);
  } catch (error) {
    if (error.code !== "ECONNRESET" && error.code !== "ECONNREFUSED") {
      throw error;
    }
    await pause(100);
    return await requestOnce(url, headers);
  }
}

/** Sends a request on a new connection; the status and the body. */
function requestOnce(url, headers) {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent: false, headers, timeout: 10_000 }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() });
      });
      response.on("error", reject);
    });
    sent.on("timeout", () => sent.destroy(new Error(`${url} did not respond`)));
    sent.on("error", reject);
  });
}

/** Starts a program; a function that verifies for each of its libraries. */
export async function start(program, { issuerUrl, variables, state }) {
  await program.prepare?.(issuerUrl, state);
  const port = await freePort();
  const [file, ...args] = program.command();
  const env = {
    PATH: process.env.PATH,
    PORT: `${port}`,
    // PyJWT and requests must not ask a proxy for loopback.
    NO_PROXY: "127.0.0.1",
    PYTHONDONTWRITEBYTECODE: "1",
    ...variables,
    ...program.variables?.(state),
  };
  const child = spawn(file, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  // HAProxy reports every reload.
  const errors = [];
  child.stderr.setEncoding("utf8").on("data", (text) => errors.push(text));
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  });
  const stop = async () => {
    child.kill();
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 30_000; ; await pause(50)) {
    const response = await request(url).catch(() => undefined);
    if (response?.status === 200) {
      break;
    }
    if (Date.now() > end || child.exitCode !== null) {
      await stop();
      throw new Error(`the verifier in ${program.name} did not start: ${errors.join("")}`);
    }
  }
  return {
    stop,
    refresh: () => program.refresh?.(issuerUrl, state, child),
    verifiers: program.libraries.map((library) => ({
      name: `${library} (${program.name})`,
      library,
      /** Whether the token is accepted, and the body of the response. */
      verify: async (token) => {
        const { status, body } = await request(`${url}/${library}/protected`, {
          Authorization: `Bearer ${token}`,
        });
        if (status !== 200 && status !== 401) {
          throw new Error(`${library} in ${program.name} has status ${status}: ${body}`);
        }
        return { accepted: status === 200, body };
      },
    })),
  };
}
