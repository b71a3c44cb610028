import { byId } from "./dom.ts";
import { dateTime, duration, LAST_DATE, t } from "./lang.ts";
import type { Members } from "./token.ts";

/** The steps of the slider. */
const STEPS = 1000;

/** The time of verification: the current time, unless the visitor sets another. */
export class Clock {
  readonly #slider: HTMLInputElement;
  readonly #field: HTMLInputElement;
  /** Unix times in seconds at both ends of the slider. */
  #range: [number, number] = [0, 0];
  #token = "";

  constructor(form: HTMLFormElement) {
    this.#slider = form.elements.namedItem("slider") as HTMLInputElement;
    this.#field = form.elements.namedItem("now") as HTMLInputElement;
    // Registered before the listener of the form, which reads the field.
    this.#slider.addEventListener("input", () => {
      const [first, last] = this.#range;
      const time = first + ((last - first) * this.#slider.valueAsNumber) / STEPS;
      this.#field.value = String(Math.round(time));
    });
  }

  /** Unix time in seconds; undefined when the field has an invalid one. */
  get now(): number | undefined {
    if (this.isRunning) {
      return Math.floor(Date.now() / 1000);
    }
    const now = this.#field.valueAsNumber;
    return now >= 0 && now <= LAST_DATE ? now : undefined;
  }

  /** Whether the time is the current time. */
  get isRunning(): boolean {
    return this.#field.value === "" && !this.#field.validity.badInput;
  }

  reset(): void {
    this.#field.value = "";
  }

  /** Fits the slider to the times of the token, and describes its position in words. */
  show(token: string, claims: Members | undefined, now: number): void {
    if (token !== this.#token || this.#range[1] === 0) {
      this.#token = token;
      this.#range = rangeOf(claims, now);
    }
    const [first, last] = this.#range;
    const position = Math.round(((now - first) / (last - first)) * STEPS);
    const hasFocus = document.activeElement === this.#slider;
    if (!hasFocus) {
      this.#slider.valueAsNumber = Math.max(0, Math.min(STEPS, position));
    }
    const time = this.isRunning ? t("지금", "now") : dateTime(now);
    const words = [time, untilExpiry(claims, now)].filter((part) => part !== "").join(" · ");
    const label = byId("clock-words");
    if (label.textContent !== words) {
      label.textContent = words;
    }
    // Screen readers announce each move of the slider, but not each second.
    if (!(hasFocus && this.isRunning)) {
      this.#slider.setAttribute("aria-valuetext", words);
    }
  }
}

function untilExpiry(claims: Members | undefined, now: number): string {
  const exp = timeIn(claims, "exp");
  if (exp === undefined) {
    return "";
  }
  return now < exp
    ? t(`만료까지 ${duration(exp - now)}`, `${duration(exp - now)} until it expires`)
    : t(`만료된 지 ${duration(now - exp)}`, `expired ${duration(now - exp)} ago`);
}

/** Returns a range around the times of the token, or around `now` if it has none. */
function rangeOf(claims: Members | undefined, now: number): [number, number] {
  const times = ["iat", "nbf", "exp"].flatMap((name) => timeIn(claims, name) ?? []);
  const [first, last] =
    times.length === 0 ? [now - 3600, now + 3600] : [Math.min(...times), Math.max(...times)];
  const margin = Math.max(60, Math.round((last - first) / 4));
  return [Math.max(0, first - margin), last + margin];
}

function timeIn(claims: Members | undefined, name: string): number | undefined {
  const value = claims?.[name];
  return typeof value === "number" && value >= 0 && value <= LAST_DATE ? value : undefined;
}
