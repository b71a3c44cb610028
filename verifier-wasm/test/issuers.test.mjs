// docs/issuers.md gives the options that verify the tokens of vectors/issuers.json.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createVerifier } from "@dojang/verifier";
import { key } from "./support/tokens.mjs";

const root = join(import.meta.dirname, "..", "..");
const document = readFileSync(join(root, "docs/issuers.md"), "utf8");
const shapes = JSON.parse(readFileSync(join(root, "verifier-core/vectors/issuers.json"), "utf8"));

/** The shapes that the calls of a section verify, in their order. */
const sections = {
  Auth0: ["auth0-access"],
  Keycloak: ["keycloak-access"],
  "Amazon Cognito": ["cognito-access"],
  "Microsoft Entra ID": ["entra-v2-access", "entra-v1-access"],
  Google: ["google-id"],
  "Firebase Authentication": ["firebase-id"],
  Okta: ["okta-access"],
  Clerk: ["clerk-session"],
  Supabase: ["supabase-access-rs256"],
  "GitHub Actions": ["github-actions"],
  Kubernetes: ["kubernetes-service-account"],
};

/** Returns the options of every call in the first code block of a section. */
function documentedOptions(section) {
  const text = document.split(`\n## ${section}\n`)[1];
  const code = text.split("```js\n")[1].split("```")[0];
  const found = [];
  const call = (first, options = first) => found.push(options);
  // The names that stand for a value of the reader.
  const values = { API_CLIENT_ID: "client", CLIENT_ID: "client", readFile: () => "{}" };
  const names = ["createRemoteJwks", "createVerifier", ...Object.keys(values)];
  const run = new Function(...names, code.replaceAll("await ", ""));
  run(call, call, ...Object.values(values));
  return found;
}

for (const [section, names] of Object.entries(sections)) {
  test(`the options for ${section} are those that verify its tokens`, () => {
    const documented = documentedOptions(section);
    assert.equal(documented.length, names.length);
    for (const [index, name] of names.entries()) {
      const { options } = shapes.find((shape) => shape.name === name);
      assert.deepEqual(Object.keys(documented[index]).sort(), Object.keys(options).sort(), name);
      for (const [option, value] of Object.entries(options)) {
        const given = documented[index][option];
        if (option === "issuer" || option === "audience") {
          // Their texts have placeholders.
          assert.equal(Array.isArray(given), Array.isArray(value), `${name}: ${option}`);
        } else {
          assert.deepEqual(given, value, `${name}: ${option}`);
        }
      }
      createVerifier(key.pem, documented[index]).free();
    }
  });
}

test("every section of an issuer has its shapes", () => {
  const headings = [...document.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  const general = ["Rules for all of them", "Overview", "This issuer and SimpleJWT"];
  assert.deepEqual(
    headings.filter((heading) => !general.includes(heading)),
    Object.keys(sections),
  );
});
