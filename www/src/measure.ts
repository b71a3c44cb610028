/** Milliseconds that one sample should last at least: browsers round their clocks to 0.1 ms. */
const SAMPLE = 3;

export interface Measured {
  /** Microseconds per verification, one value for each sample, ascending. */
  samples: number[];
  /** Verifications in each sample. */
  batch: number;
}

/**
 * Times `verifications` runs of `verify`, in samples of several each.
 *
 * @param progress is told the fraction that is done, 0 to 1
 */
export async function measure(verify: () => unknown, verifications: number, progress: (done: number) => void): Promise<Measured> {
  const batch = await batchOf(verify);
  const count = Math.max(10, Math.round(verifications / batch));
  const samples: number[] = [];
  for (let place = 0; place < count; place += 1) {
    samples.push((await timed(verify, batch) * 1000) / batch);
    progress((place + 1) / count);
    // The page stays alive meanwhile.
    await new Promise((resume) => setTimeout(resume));
  }
  return { samples: samples.sort((a, b) => a - b), batch };
}

/** How many runs make a sample that is long enough; warms the engine up as well. */
async function batchOf(verify: () => unknown): Promise<number> {
  for (let batch = 4; ; batch *= 2) {
    if ((await timed(verify, batch)) >= SAMPLE || batch >= 4096) {
      return batch;
    }
  }
}

async function timed(verify: () => unknown, runs: number): Promise<number> {
  const begin = performance.now();
  for (let run = 0; run < runs; run += 1) {
    const result = verify();
    // Only what is asynchronous is waited for: a wait of its own would be added to the other.
    if (result instanceof Promise) {
      await result;
    }
  }
  return performance.now() - begin;
}

/** The value below which this fraction of the ascending samples lies. */
export function quantile(samples: readonly number[], fraction: number): number {
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * fraction))] ?? 0;
}
