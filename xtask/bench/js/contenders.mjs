// The contenders that run in Node and in browsers.

import { createVerifier } from "@dojang/verifier";
import { createVerifier as createSlimVerifier, init } from "@dojang/verifier/slim";
import { importSPKI, jwtVerify } from "jose";

/**
 * @param other `{ name, modules }`: the modules for `init`, with a kernel that the package may not
 * choose in this engine
 */
export async function forEverywhere({ publicKeyPem, now }, other) {
  await init(other.modules);
  const verifier = createVerifier(publicKeyPem);
  const otherVerifier = createSlimVerifier(publicKeyPem);
  const key = await importSPKI(publicKeyPem, "RS256");
  const options = { algorithms: ["RS256"], currentDate: new Date(now * 1000) };
  const jose = async (token) => jwtVerify(token, key, options);
  return [
    { name: "@dojang/verifier", verify: (token) => verifier.verify(token, { now }) },
    {
      name: `@dojang/verifier ${other.name}`,
      verify: (token) => otherVerifier.verify(token, { now }),
    },
    { name: "jose", verify: jose },
    { name: "jose, 16 in flight", verify: jose, inFlight: 16 },
  ];
}
