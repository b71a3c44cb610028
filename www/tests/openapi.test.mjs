// Schemathesis holds the programs against their own OpenAPI documents: bounded, and with a fixed
// seed. The programs are started here, for the requests create and delete users, and try many
// passwords.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { noIssuerProgram, noPrograms, startEdge, startIssuer } from "./programs.mjs";

const { PYTHON: python } = process.env;
const ADMIN = { username: "boss", password: "boss-pass-123" };
/** The service that introspects tokens. */
const SERVICE = { username: "shop-api", password: "0123456789abcdef0123456789abcdef" };
const SEED = 15;
/** Random cases for each operation, besides those that cover every constraint of the document. */
const EXAMPLES = 8;

/** Why these tests cannot run; false when they can. */
function reasonToSkip() {
  if (noPrograms || noIssuerProgram) {
    return noPrograms || noIssuerProgram;
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
      const hash = createHash("sha256").update(SERVICE.password).digest("hex");
      issuer = await startIssuer({
        users: [
          { ...ADMIN, role: "admin" },
          // The one that is changed and deleted.
          { ...ADMIN, username: "victim" },
        ],
        settings: { ISSUER_INTROSPECTION_CLIENTS: `${SERVICE.username}:${hash}` },
      });
      ({ state, url: issuerUrl } = issuer);
      edge = await startEdge({ public_key: readFileSync(join(state, "keys/public.pem"), "utf8") });
    });

    after(async () => {
      await edge?.stop();
      await issuer?.stop();
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
