// The WebAssembly instance: its memory, recovery from traps, and free().

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { instance } from "../dist/module-embedded.js";
import { accessClaims, bare, hs256, key, NOW, otherKey, token } from "./support/tokens.mjs";

/** The memory of the running instance. */
const memory = () => instance.exports().memory;

test("200,000 verifications do not let the memory grow", () => {
  const verifier = createVerifier(key.jwk);
  const good = token();
  const cheap = [
    hs256("x"),
    good.slice(1),
    "",
    "a.b.c",
    token({ header: { kid: 5 } }),
    "a".repeat(50_000),
  ];
  const tokens = [
    good,
    token({ claims: { exp: NOW } }),
    token({ privateKey: otherKey.privateKey }),
    ...cheap,
  ];
  const round = (count) => {
    const outcomes = new Map();
    for (let index = 0; index < count; index += 1) {
      let outcome = "accepted";
      try {
        verifier.verify(tokens[index % tokens.length], { now: NOW });
      } catch (error) {
        outcome = error.code;
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    return outcomes;
  };
  round(tokens.length * 10);
  const before = memory().buffer.byteLength;
  const outcomes = round(200_000);
  assert.equal(memory().buffer.byteLength, before);
  assert.ok(
    outcomes.get("accepted") > 22_000 && outcomes.get("token_expired") > 22_000,
    [...outcomes].join(" "),
  );
  assert.equal(outcomes.has(undefined), false, "nothing but verdicts");
});

test("freed verifiers and refused keys leak no memory", () => {
  const keys = JSON.stringify({
    keys: Array.from({ length: 20 }, (_, kid) => ({ ...key.jwk, kid: `${kid}` })),
  });
  const round = (count) => {
    for (let index = 0; index < count; index += 1) {
      createVerifier(keys).free();
      assert.throws(() => createVerifier(`${keys},`), KeyError);
    }
  };
  round(20);
  const before = memory().buffer.byteLength;
  round(1_000);
  assert.equal(memory().buffer.byteLength, before);
});

test("garbage-collected verifiers leak no memory", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const keys = JSON.stringify({
    keys: Array.from({ length: 20 }, (_, kid) => ({ ...key.jwk, kid: `${kid}` })),
  });
  const round = async () => {
    for (let index = 0; index < 25; index += 1) {
      createVerifier(keys);
    }
    gc();
    await new Promise(setImmediate);
  };
  await round();
  const before = memory().buffer.byteLength;
  for (let count = 0; count < 20; count += 1) {
    await round();
  }
  // 10,000 keys take 19 MB. A round may run before the previous one is collected.
  const grown = memory().buffer.byteLength - before;
  assert.ok(grown < 5 * 1024 * 1024, `${grown} bytes`);
  givesCorrectVerdicts(createVerifier(key.jwk));
});

test("a verifier can be freed twice, and then throws", () => {
  const [verifier, other] = [createVerifier(key.jwk), createVerifier(key.jwk)];
  verifier.free();
  verifier.free();
  assert.throws(() => verifier.verify(token(), { now: NOW }), /freed/);
  assert.deepEqual(other.verify(token(), { now: NOW }).claims, bare(accessClaims));
});

test("a verifier is disposable", { skip: Symbol.dispose === undefined }, () => {
  const verifier = createVerifier(key.jwk);
  verifier[Symbol.dispose]();
  assert.throws(() => verifier.verify(token(), { now: NOW }), /freed/);
});

/** Asserts that an earlier verifier and a new one give correct verdicts. */
function givesCorrectVerdicts(old) {
  for (const verifier of [old, createVerifier(key.jwk)]) {
    assert.deepEqual(verifier.verify(token(), { now: NOW }).claims, bare(accessClaims));
    assert.throws(
      () => verifier.verify(token({ privateKey: otherKey.privateKey }), { now: NOW }),
      (error) => error instanceof VerificationError && error.code === "signature_invalid",
    );
  }
}

/** Overwrites the heap: the pages of 64 KiB after the statics, to which the reply belongs. */
function fillHeap(byte) {
  const reply = instance.exports().verify(0, 0, 0);
  new Uint8Array(memory().buffer, Math.ceil(reply / 65_536) * 65_536).fill(byte);
}

// Bytes that make every pointer point outside: what else overwritten memory does depends on where
// things lie in it.
for (const byte of [0x7f, 0xff]) {
  test(`a heap full of ${byte} is an error, and the next call is correct`, () => {
    const verifier = createVerifier(key.jwk);
    verifier.verify(token(), { now: NOW });
    fillHeap(byte);
    assert.throws(() => verifier.verify(token(), { now: NOW }), /stopped unexpectedly/);
    givesCorrectVerdicts(verifier);
  });
}

// All zeros: the store exists and is empty. All ones: its lock is held, as after a trap.
for (const byte of [0, 0xff]) {
  test(`a memory full of ${byte} has no verifiers: an error, and the next call is correct`, () => {
    const verifier = createVerifier(key.jwk);
    new Uint8Array(memory().buffer).fill(byte);
    assert.throws(() => verifier.verify(token(), { now: NOW }), /stopped unexpectedly/);
    givesCorrectVerdicts(verifier);
  });
}

test("the number of a freed verifier belongs to the next one only", () => {
  const first = createVerifier(key.jwk);
  first.free();
  const second = createVerifier(key.jwk);
  first.free();
  givesCorrectVerdicts(second);
  assert.throws(() => first.verify(token(), { now: NOW }), /freed/);
});

test("freeing after a trap starts no instance", () => {
  const verifiers = [createVerifier(key.jwk), createVerifier(key.jwk)];
  new Uint8Array(memory().buffer).fill(0xff);
  assert.throws(() => verifiers[0].verify(token(), { now: NOW }), /stopped unexpectedly/);
  const { Instance } = WebAssembly;
  WebAssembly.Instance = () => assert.fail("an instance was started");
  try {
    verifiers.forEach((verifier) => verifier.free());
  } finally {
    WebAssembly.Instance = Instance;
  }
  givesCorrectVerdicts(createVerifier(key.jwk));
});

test("a key text of 30 MB is refused before it is copied into the memory", () => {
  const before = memory().buffer.byteLength;
  assert.throws(
    () => createVerifier(`-${"x".repeat(30_000_000)}`),
    (error) => error.code === "key_set_too_large",
  );
  assert.ok(memory().buffer.byteLength - before < 1_000_000);
});

test("a trap while keys are loaded is an error, and the next call is correct", () => {
  const verifier = createVerifier(key.jwk);
  new Uint8Array(memory().buffer).fill(0xff);
  assert.throws(() => createVerifier(key.jwk), /stopped unexpectedly/);
  givesCorrectVerdicts(verifier);
});

test("verifiers made before a trap can still be freed", () => {
  const verifiers = [createVerifier(key.jwk), createVerifier(key.jwk)];
  new Uint8Array(memory().buffer).fill(0xff);
  assert.throws(() => verifiers[0].verify(token(), { now: NOW }), /stopped unexpectedly/);
  const survivor = createVerifier(key.jwk);
  verifiers.forEach((verifier) => verifier.free());
  givesCorrectVerdicts(survivor);
});

test("an instance that cannot be replaced at once is replaced before the next use", () => {
  const verifier = createVerifier(key.jwk);
  function deep() {
    // Fails as the engine does at the end of the stack.
    throw new RangeError("Maximum call stack size exceeded");
  }
  const { Instance } = WebAssembly;
  new Uint8Array(memory().buffer).fill(0xff);
  assert.throws(() => verifier.verify(token(), { now: NOW }), /stopped unexpectedly/);
  WebAssembly.Instance = deep;
  try {
    assert.throws(() => verifier.verify(token(), { now: NOW }), RangeError);
  } finally {
    WebAssembly.Instance = Instance;
  }
  givesCorrectVerdicts(verifier);
});

/** Calls `action` with as many words of the stack in use, by arguments. */
function spending(words, action) {
  return Reflect.apply(action, undefined, new Array(words));
}

/** Runs `action` with 32 to 64 KB of the stack left. */
function nearTheEndOfTheStack(action) {
  let done = false;
  const descend = () => {
    try {
      descend();
    } catch {
      // The end of the stack; each level above has more space.
    }
    if (!done) {
      spending(4_096, () => {});
      done = true;
      action();
    }
  };
  descend();
}

test("running out of stack anywhere in a call never gives a wrong verdict", () => {
  const verifier = createVerifier(key.jwk);
  const tokens = { good: token(), bad: token({ privateKey: otherKey.privateKey }) };
  const outcomes = { good: new Set(), bad: new Set() };
  nearTheEndOfTheStack(() => {
    for (const name of ["good", "bad"]) {
      const verdictOf = () => {
        try {
          outcomes[name].add(verifier.verify(tokens[name], { now: NOW }).claims.jti);
        } catch (error) {
          outcomes[name].add(error.code ?? "no verdict");
        }
      };
      try {
        for (let words = 0; words < 16_384; words += 8) {
          spending(words, verdictOf);
        }
      } catch {
        // There is no space for the call of verdictOf.
      }
    }
  });
  assert.deepEqual([...outcomes.good], [accessClaims.jti, "no verdict"]);
  assert.deepEqual([...outcomes.bad], ["signature_invalid", "no verdict"]);
  givesCorrectVerdicts(verifier);
});
