// Timing, as in harness/src/measure.rs: every round runs each contender once, so that other load on
// the machine affects all alike.

const NORMAL = { warmUp: 200, batch: 10, rounds: 51 };
const QUICK = { warmUp: 10, batch: 2, rounds: 5 };

/**
 * Times each contender once in every round. Each round starts with the next contender.
 *
 * @param contenders `{ name, verify, inFlight = 1 }`; `verify(token)` throws or rejects if the
 * token is invalid
 * @returns one line for each: microseconds for one verification
 */
export async function race({ bits, token, forged }, contenders, quick) {
  const effort = quick ? QUICK : NORMAL;
  const runs = [];
  for (const { name, verify, inFlight = 1 } of contenders) {
    await verify(token).catch?.((cause) => {
      throw new Error(`${name} rejects the valid token of ${bits} bits`, { cause });
    });
    if (await accepts(verify, forged)) {
      throw new Error(`${name} accepts the forged token of ${bits} bits`);
    }
    const batch = batchOf(verify, token, inFlight);
    runs.push({ name, batch, size: await batchSize(batch, inFlight, effort), times: [] });
  }
  for (let round = 0; round < effort.rounds; round += 1) {
    for (let offset = 0; offset < runs.length; offset += 1) {
      const { batch, size, times } = runs[(round + offset) % runs.length];
      times.push(await timed(batch, size));
    }
  }
  const lines = runs.map(({ name, times }) => {
    times.sort((a, b) => a - b);
    const medianUs = times[times.length >> 1];
    return { contender: name, scope: "token", bits, medianUs, minUs: times[0] };
  });
  return { rounds: effort.rounds, lines };
}

/** Measures all key sizes and returns one result. */
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

/** Returns a function that runs `count` verifications, without `await` for synchronous ones. */
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

/** Returns the microseconds for one of `count` verifications. */
async function timed(batch, count) {
  const started = performance.now();
  await batch(count);
  return ((performance.now() - started) * 1000) / count;
}

/** Warms up, and returns how many verifications fill a batch: a multiple of those in flight. */
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
