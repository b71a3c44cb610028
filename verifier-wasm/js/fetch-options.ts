import type { Fetch } from "./fetch.js";
import { demand } from "./options.js";

/** As long as timers can wait. */
const MOST_SECONDS = 2_000_000;

/** The options of everything that is fetched; times are in seconds. */
interface Common {
  maxBytes: number;
  fetch: Fetch;
  clock: () => number;
}

/**
 * Takes the options of fetching out of those that were given, wherever they stand: a check that an object inherits is not to get lost.
 *
 * @param names what the others may be called
 * @param seconds the options that are times, with their defaults
 * @param mostBytes the default of `maxBytes`, and the most that it may be
 * @returns them, and what is left of the others
 * @throws {TypeError} when one has the wrong type
 */
export function fetchOptions<S extends Record<string, number>>(
  options: object,
  names: readonly string[],
  seconds: S,
  mostBytes: number,
): { taken: { [N in keyof S]: number } & Common; others: Record<string, unknown> } {
  const given = options as Readonly<Record<string, unknown>>;
  // Without a prototype: an option that is called `__proto__` is an unknown one, and gives no others.
  const others = Object.create(null) as Record<string, unknown>;
  // Unknown ones too, which are an error; a getter of a class is found by its name alone.
  for (const name in given) {
    others[name] = given[name];
  }
  for (const name of names.filter((name) => name in given)) {
    others[name] = given[name];
  }
  const take = <T>(name: string, fallback: T, right: (value: T) => boolean, what: string): T => {
    const { [name]: value = fallback } = given;
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
