// node node.mjs TOKENS JWT_COMPACT [--quick]: times in Node, as JSON. JWT_COMPACT is the directory
// that wasm-bindgen made.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import jsonwebtoken from "jsonwebtoken";
import jsrsasign from "jsrsasign";
import { forEverywhere } from "./contenders.mjs";
import { raceAll } from "./measure.mjs";

const [tokens, jwtCompact, quick] = process.argv.slice(2);
const { JwtCompact } = createRequire(import.meta.url)(`${jwtCompact}/jwt_compact_wasm.js`);
const file = (name) =>
  readFileSync(fileURLToPath(import.meta.resolve(`@dojang/verifier/${name}.wasm`)));
const withoutFma = {
  name: "without fused multiply-adds",
  modules: { verifier: file("verifier_wasm"), kernel: file("kernel_simd") },
};

async function contendersFor(sample) {
  const { publicKeyPem, now } = sample;
  const keyObject = createPublicKey(publicKeyPem);
  const rsaKey = jsrsasign.KEYUTIL.getKey(publicKeyPem);
  const compact = new JwtCompact(publicKeyPem);
  return [
    ...(await forEverywhere(sample, withoutFma)),
    {
      name: "jsonwebtoken (KeyObject)",
      verify: (token) =>
        jsonwebtoken.verify(token, keyObject, { algorithms: ["RS256"], clockTimestamp: now }),
    },
    {
      name: "jsrsasign",
      verify: (token) => {
        if (!jsrsasign.KJUR.jws.JWS.verifyJWT(token, rsaKey, { alg: ["RS256"], verifyAt: now })) {
          throw new Error("refused");
        }
        return jsrsasign.KJUR.jws.JWS.parse(token).payloadObj;
      },
    },
    { name: "jwt-compact (wasm)", verify: (token) => JSON.parse(compact.verify(token, now)) },
  ];
}

const samples = JSON.parse(readFileSync(tokens, "utf8"));
console.log(JSON.stringify(await raceAll(samples, contendersFor, quick === "--quick")));
