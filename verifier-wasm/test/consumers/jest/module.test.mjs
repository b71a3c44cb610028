import { createVerifier } from "@dojang/verifier";
import * as slim from "@dojang/verifier/slim";
import { readFileSync } from "node:fs";

const { good, keySet, now } = JSON.parse(readFileSync(new URL("task.json", import.meta.url)));

test("a token is verified", async () => {
  expect(createVerifier(keySet).verify(good, { now }).claims.user_id).toBe(1);
  await slim.init();
  expect(slim.createVerifier(keySet).verify(good, { now }).claims.user_id).toBe(1);
});
