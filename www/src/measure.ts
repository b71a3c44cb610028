/** The shortest sample in milliseconds: browsers round their clocks to 0.1 ms. */
const MIN_SAMPLE = 3;

export interface Measured {
  /** Microseconds per verification of each sample, ascending. */
  samples: number[];
  /** Verifications in each sample. */
  batch: number;
}

/**
 * Measures about `verifications` runs of `verify`, in samples of several runs.
 *
 * @param onProgress called with the completed fraction, 0 to 1
 */
export async function measure(
  verify: () => unknown,
  verifications: number,
  onProgress: (done: number) => void,
): Promise<Measured> {
  const batch = await batchOf(verify);
  const count = Math.max(10, Math.round(verifications / batch));
  const samples: number[] = [];
  for (let index = 0; index < count; index += 1) {
    samples.push(((await timed(verify, batch)) * 1000) / batch);
    onProgress((index + 1) / count);
    // Lets the page handle events.
    await new Promise((resume) => setTimeout(resume));
  }
  return { samples: samples.sort((a, b) => a - b), batch };
}

/** Returns the runs of a sample that is long enough; also warms up the engine. */
async function batchOf(verify: () => unknown): Promise<number> {
  for (let batch = 4; ; batch *= 2) {
    if ((await timed(verify, batch)) >= MIN_SAMPLE || batch >= 4096) {
      return batch;
    }
  }
}

async function timed(verify: () => unknown, runs: number): Promise<number> {
  const begin = performance.now();
  for (let run = 0; run < runs; run += 1) {
    const result = verify();
    // Synchronous verifiers must not pay for an `await`.
    if (result instanceof Promise) {
      await result;
    }
  }
  return performance.now() - begin;
}

/** Returns the quantile of ascending samples. */
export function quantile(samples: readonly number[], fraction: number): number {
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * fraction))] ?? 0;
}
