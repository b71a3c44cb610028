// argv: the task as JSON. Prints the user of the valid token, or the error.

import { createVerifier, init } from "@dojang/verifier/slim";

async function tryIt({ keySet, good, now }) {
  try {
    await init();
    console.log(`user ${createVerifier(keySet).verify(good, { now }).claims.user_id}`);
  } catch (error) {
    console.log(error.message);
  }
}

tryIt(JSON.parse(process.argv[2]));
