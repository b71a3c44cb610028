// All that a CommonJS program uses without a file beside the package.

const { createVerifier, KeyError } = require("@dojang/verifier");
const { createExplainer } = require("@dojang/verifier/explain");
const { createRemoteJwks, JwksError } = require("@dojang/verifier/jwks");
const { createStatusLists } = require("@dojang/verifier/status");
const { codeTexts } = require("@dojang/verifier/texts");
const { good, keySet, now } = require("./task.json");

test("a token is verified", () => {
  expect(createVerifier(keySet).verify(good, { now }).claims.user_id).toBe(1);
  expect(() => createVerifier("")).toThrow(KeyError);
  const { steps } = createExplainer(keySet).explain(good, { now });
  expect(steps.every(({ outcome }) => outcome === "passed")).toBe(true);
});

test("keys and lists can be created", async () => {
  const fetch = () => Promise.reject(new Error("no network"));
  const jwks = createRemoteJwks("https://login.example/jwks.json", { fetch });
  await expect(jwks.verify(good, { now })).rejects.toThrow(JwksError);
  const lists = createStatusLists(jwks, { allowed: [], fetch });
  expect((await lists.statusOf({})).code).toBe("claim_missing");
  expect(codeTexts.claim_missing.en).toBe("A required claim is missing");
});
