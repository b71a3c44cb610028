// Schemathesis holds the programs against their own OpenAPI documents: bounded, and with a fixed
// seed. The programs are started here, for the requests create and delete users, and try many
// passwords.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, noPrograms, startEdge } from "./programs.mjs";

const { ISSUER_PROGRAM: issuerProgram, PYTHON: python } = process.env;
const ADMIN = { username: "boss", password: "boss-pass-123" };
/** The service that introspects tokens. */
const SERVICE = { username: "shop-api", password: "0123456789abcdef0123456789abcdef" };
const SEED = 15;
/** Random cases for each operation, besides those that cover every constraint of the document. */
const EXAMPLES = 8;

/** Why these tests cannot run; false when they can. */
function reasonToSkip() {
  if (noPrograms || !issuerProgram) {
    return noPrograms || "skipped: set ISSUER_PROGRAM (cargo xtask test does)";
  }
  try {
    execFileSync(python ?? "", ["-c", "import schemathesis"], { stdio: "ignore" });
  } catch {
    return "skipped: PYTHON names no Python with schemathesis";
  }
  return false;
}

describe(
  "the OpenAPI documents and the programs agree",
  { skip: reasonToSkip(), timeout: 240_000 },
  () => {
    let state;
    let issuer;
    let issuerUrl;
    let edge;

    before(async () => {
      state = mkdtempSync(join(tmpdir(), "dojang-openapi-"));
      const port = await freePort();
      issuerUrl = `http://127.0.0.1:${port}`;
      const env = {
        PATH: process.env.PATH,
        DATABASE_URL: "sqlite://issuer.sqlite3",
        ISSUER_KEYS_DIR: join(state, "keys"),
        ISSUER_LOGIN_LIMIT_ADDRESS: "0",
        ISSUER_LOGIN_LIMIT_NAME: "0",
        ISSUER_LOG: "warn",
      };
      const options = { cwd: state, env, stdio: ["pipe", "ignore", "inherit"] };
      execFileSync(issuerProgram, ["keys", "generate"], options);
      // The second user is the one that is changed and deleted.
      for (const name of [ADMIN.username, "victim"]) {
        execFileSync(issuerProgram, ["users", "create", "--username", name, "--password-stdin"], {
          ...options,
          input: ADMIN.password,
        });
      }
      execFileSync(issuerProgram, ["users", "set-role", ADMIN.username, "admin"], options);
      const hash = createHash("sha256").update(SERVICE.password).digest("hex");
      issuer = spawn(
        issuerProgram,
        [
          ...["serve", "--listen", `127.0.0.1:${port}`, "--public-url", issuerUrl],
          ...["--introspection-clients", `${SERVICE.username}:${hash}`],
        ],
        { ...options, stdio: ["ignore", "ignore", "inherit"] },
      );
      // A debug build on a busy machine takes seconds to start.
      for (
        const end = Date.now() + 30_000;
        !(await fetch(`${issuerUrl}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ));
      ) {
        assert.ok(Date.now() < end && issuer.exitCode === null, "the issuer did not start");
        await sleep(50);
      }
      edge = await startEdge({ public_key: readFileSync(join(state, "keys/public.pem"), "utf8") });
    });

    after(async () => {
      await edge?.stop();
      if (issuer?.exitCode === null) {
        const ended = new Promise((resolve) => issuer.once("exit", resolve));
        issuer.kill();
        await ended;
      }
      rmSync(state, { recursive: true, force: true });
    });

    /** Runs Schemathesis with all checks; `settings` are TOML. Returns what it printed. */
    async function judge(url, settings) {
      const config = join(state, "schemathesis.toml");
      writeFileSync(
        config,
        `seed = ${SEED}\nhooks = "openapi_hooks"\n[cache]\nenabled = false\n${settings}`,
      );
      const options = [
        "--url",
        url,
        "--max-examples",
        `${EXAMPLES}`,
        "--generation-database",
        "none",
        "--continue-on-failure",
      ];
      const args = [
        "-m",
        "schemathesis.cli",
        "--no-color",
        "--config-file",
        config,
        "run",
        `${url}/openapi.json`,
        ...options,
      ];
      const child = spawn(
        python,
        [...args, "--phases", "examples,coverage,fuzzing", "--warnings", "off"],
        {
          cwd: state,
          env: {
            PATH: process.env.PATH,
            PYTHONPATH: join(import.meta.dirname, "python"),
            PYTHONDONTWRITEBYTECODE: "1",
          },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      const printed = Promise.all(
        [child.stdout, child.stderr].map((stream) => stream.setEncoding("utf8").toArray()),
      );
      const code = await new Promise((resolve) => child.once("close", resolve));
      const output = (await printed).flat().join("");
      assert.equal(code, 0, output);
      return output;
    }

    /** Counts the requests of Schemathesis; a lower bound fails when operations drop out. */
    function cases(output) {
      return Number(/^ +(\d+) generated/m.exec(output)?.[1] ?? 0);
    }

    test("the issuer's", async (t) => {
      const output = await judge(
        issuerUrl,
        `
[auth.dynamic.openapi.bearer]
path = "/api/token/"
payload = { username = "${ADMIN.username}", password = "${ADMIN.password}" }
extract_selector = "/access"
[auth.openapi.basic]
username = "${SERVICE.username}"
password = "${SERVICE.password}"
# The administrator must not lose the role, the password or the record.
[[operations]]
include-operation-id = ["change_user", "delete_user", "set_user_password"]
parameters = { "path.id" = 2 }
# A name may be taken, an old password is a wrong one, and a new one may be known to everybody.
[[operations]]
include-operation-id = ["create_user", "change_password", "set_user_password"]
checks.positive_data_acceptance.enabled = false
`,
      );
      t.diagnostic(`${cases(output)} requests`);
      assert.ok(cases(output) >= 850, output);
    });

    test("the edge's", async (t) => {
      const response = await fetch(`${issuerUrl}/api/token/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(ADMIN),
      });
      const { access } = await response.json();
      const output = await judge(edge.url, `[auth.openapi.bearer]\nbearer = "${access}"\n`);
      t.diagnostic(`${cases(output)} requests`);
      assert.ok(cases(output) >= 150, output);
    });
  },
);
