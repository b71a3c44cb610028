// A continuous, bounded load of good and bad tokens.

import { setTimeout as pause } from "node:timers/promises";

export const kidOf = (token) =>
  JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString()).kid;

/**
 * Sends tokens to every verifier until `stop` is called: in each round the newest good one, the
 * first good one, and one to refuse.
 *
 * @param verifiers as `start` of programs.mjs returns them
 * @param first a good token
 * @param freshToken returns another good token
 * @param refused bad tokens by name
 * @param interval milliseconds between two rounds
 */
export function load({ verifiers, first, freshToken, refused, interval }) {
  let newest = first;
  let ended = false;
  const bad = Object.entries(refused);
  const started = Date.now();
  const results = new Map(
    verifiers.map(({ name }) => [name, { sent: 0, accepted: new Map(), wrong: [] }]),
  );

  async function renew() {
    while (!ended) {
      newest = await freshToken();
      await pause(4 * interval);
    }
  }

  async function send({ name, verify }) {
    const result = results.get(name);
    const wrong = (what) => result.wrong.push(`after ${Date.now() - started} ms: ${what}`);
    for (let round = 0; !ended; round += 1) {
      for (const good of [newest, first]) {
        const kid = kidOf(good);
        const { accepted, body } = await verify(good);
        if (accepted) {
          result.accepted.set(kid, (result.accepted.get(kid) ?? 0) + 1);
        } else {
          wrong(`refused a good token of ${kid}: ${body}`);
        }
      }
      const [what, token] = bad[round % bad.length];
      if ((await verify(token)).accepted) {
        wrong(`accepted ${what}`);
      }
      result.sent += 3;
      await pause(interval);
    }
  }

  const loops = Promise.all([renew(), ...verifiers.map(send)]);
  return {
    /** By name: how many tokens were sent, how many accepted by `kid`, and the wrong verdicts. */
    results,
    newestKid: () => kidOf(newest),
    /** Rejects when a request fails, for instance because a verifier has ended. */
    failed: loops,
    async stop() {
      ended = true;
      await loops;
    },
  };
}
