import type { Fetch } from "./fetch.js";
import { demand, optionsOf } from "./options.js";

/** As long as timers can wait. */
const MOST_SECONDS = 2_000_000;

/** The options of everything that is fetched; times are in seconds. */
interface Common {
  maxBytes: number;
  fetch: Fetch;
  clock: () => number;
}

/**
 * Separates the options of fetching from the others.
 *
 * @param names the names that the others may have
 * @param seconds the options that are times, with their defaults
 * @param mostBytes the default of `maxBytes`, and the most that it may be
 * @throws {TypeError} when one is unknown or has the wrong type
 */
export function fetchOptions<S extends Record<string, number>>(
  caller: string,
  options: object,
  names: readonly string[],
  seconds: S,
  mostBytes: number,
): { taken: { [N in keyof S]: number } & Common; others: Record<string, unknown> } {
  const others = optionsOf(caller, options as Record<string, unknown>, [
    ...names,
    ...Object.keys(seconds),
    "maxBytes",
    "fetch",
    "clock",
  ]);
  const take = <T>(name: string, fallback: T, right: (value: T) => boolean, what: string): T => {
    const { [name]: value = fallback } = others;
    delete others[name];
    demand(typeof value === typeof fallback && right(value as T), name, what, value);
    return value as T;
  };
  const timed = (value: number) => value >= 0 && value <= MOST_SECONDS;
  const times = Object.entries(seconds).map(([name, fallback]) => [
    name,
    take(name, fallback, timed, `a number of seconds from 0 to ${MOST_SECONDS}`),
  ]);
  const whole = (value: number) => Number.isSafeInteger(value) && value > 0 && value <= mostBytes;
  const taken = {
    ...(Object.fromEntries(times) as { [N in keyof S]: number }),
    maxBytes: take("maxBytes", mostBytes, whole, `a whole number from 1 to ${mostBytes}`),
    fetch: take<Fetch>("fetch", (...request) => globalThis.fetch(...request), () => true, "a function"),
    clock: take("clock", () => Date.now() / 1000, () => true, "a function"),
  };
  return { taken, others };
}
