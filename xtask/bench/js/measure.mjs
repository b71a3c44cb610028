// Timing, as in harness/src/measure.rs: contenders take turns, so that whatever else the machine
// does hits all alike.

const NORMAL = { warmUp: 200, batch: 10, rounds: 51 };
const QUICK = { warmUp: 10, batch: 2, rounds: 5 };

/**
 * Times each contender once in every round, in an order that starts elsewhere each time.
 *
 * @param contenders `{ name, verify, inFlight = 1 }`; `verify(token)` throws or rejects when it
 * refuses the token
 * @returns one line for each: microseconds for one verification
 */
export async function race({ bits, token, forged }, contenders, quick) {
  const effort = quick ? QUICK : NORMAL;
  const runs = [];
  for (const { name, verify, inFlight = 1 } of contenders) {
    await verify(token).catch?.((cause) => Promise.reject(new Error(`${name} refuses the good token of ${bits} bits`, { cause })));
    if (await accepts(verify, forged)) {
      throw new Error(`${name} accepts the forged token of ${bits} bits`);
    }
    const batch = batchOf(verify, token, inFlight);
    runs.push({ name, batch, size: await batchSize(batch, inFlight, effort), times: [] });
  }
  for (let round = 0; round < effort.rounds; round += 1) {
    for (let turn = 0; turn < runs.length; turn += 1) {
      const { batch, size, times } = runs[(round + turn) % runs.length];
      times.push(await timed(batch, size));
    }
  }
  const lines = runs.map(({ name, times }) => {
    times.sort((a, b) => a - b);
    return { contender: name, scope: "token", bits, medianUs: times[times.length >> 1], minUs: times[0] };
  });
  return { rounds: effort.rounds, lines };
}

/** The races of all key sizes as one result. */
export async function raceAll(samples, contendersFor, quick) {
  const all = { rounds: 0, lines: [] };
  for (const sample of samples) {
    const { rounds, lines } = await race(sample, await contendersFor(sample), quick);
    all.rounds = rounds;
    all.lines.push(...lines);
  }
  return all;
}

async function accepts(verify, token) {
  try {
    await verify(token);
    return true;
  } catch {
    return false;
  }
}

/** Runs `count` verifications; those that are synchronous are not waited for. */
function batchOf(verify, token, inFlight) {
  if (inFlight > 1) {
    return async (count) => {
      for (let done = 0; done < count; done += inFlight) {
        await Promise.all(Array.from({ length: inFlight }, () => verify(token)));
      }
    };
  }
  if (verify.constructor.name === "AsyncFunction") {
    return async (count) => {
      for (let done = 0; done < count; done += 1) {
        await verify(token);
      }
    };
  }
  return (count) => {
    for (let done = 0; done < count; done += 1) {
      verify(token);
    }
  };
}

/** Microseconds for one of `count` verifications. */
async function timed(batch, count) {
  const started = performance.now();
  await batch(count);
  return ((performance.now() - started) * 1000) / count;
}

/** Warms up, and finds how many verifications fill a batch: a multiple of those in flight. */
async function batchSize(batch, inFlight, { warmUp, batch: length }) {
  const started = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < warmUp) {
    await batch(inFlight);
    count += inFlight;
    elapsed = performance.now() - started;
  }
  return Math.ceil(length / (elapsed / count) / inFlight) * inFlight;
}
