import { byId } from "./dom.ts";
import { dateTime, duration, LAST_DATE, t } from "./lang.ts";
import type { Members } from "./token.ts";

const STEPS = 1000;

/** The time of the check: now, until somebody moves it. */
export class Clock {
  readonly #slider: HTMLInputElement;
  readonly #field: HTMLInputElement;
  /** Unix seconds at the two ends of the slider. */
  #range: [number, number] = [0, 0];
  #token = "";

  constructor(form: HTMLFormElement) {
    this.#slider = form.elements.namedItem("slider") as HTMLInputElement;
    this.#field = form.elements.namedItem("now") as HTMLInputElement;
    // Before the form's own listener, which reads the field.
    this.#slider.addEventListener("input", () => {
      const [first, last] = this.#range;
      this.#field.value = String(Math.round(first + ((last - first) * this.#slider.valueAsNumber) / STEPS));
    });
  }

  /** Unix seconds; undefined when the field holds no time. */
  get now(): number | undefined {
    if (this.running) {
      return Math.floor(Date.now() / 1000);
    }
    const now = this.#field.valueAsNumber;
    return now >= 0 && now <= LAST_DATE ? now : undefined;
  }

  /** True while the time of the check is that of the clock on the wall. */
  get running(): boolean {
    return this.#field.value === "" && !this.#field.validity.badInput;
  }

  reset(): void {
    this.#field.value = "";
  }

  /** Lays the slider around the times of this token, and says in words where it stands. */
  show(token: string, claims: Members | undefined, now: number): void {
    if (token !== this.#token || this.#range[1] === 0) {
      this.#token = token;
      this.#range = rangeOf(claims, now);
    }
    const [first, last] = this.#range;
    const place = Math.max(0, Math.min(STEPS, Math.round(((now - first) / (last - first)) * STEPS)));
    const held = document.activeElement === this.#slider;
    if (!held) {
      this.#slider.valueAsNumber = place;
    }
    const exp = timeIn(claims, "exp");
    const left = exp === undefined
      ? ""
      : now < exp
        ? t(`만료까지 ${duration(exp - now)}`, `${duration(exp - now)} until it expires`)
        : t(`만료된 지 ${duration(now - exp)}`, `expired ${duration(now - exp)} ago`);
    const words = [this.running ? t("지금", "now") : dateTime(now), left].filter((part) => part !== "").join(" · ");
    const shown = byId("clock-words");
    if (shown.textContent !== words) {
      shown.textContent = words;
    }
    // Whoever holds the slider is told where it was moved to, and not of every second.
    if (!(held && this.running)) {
      this.#slider.setAttribute("aria-valuetext", words);
    }
  }
}

/** From a little before the token's first time to a little after its last; around now when it has none. */
function rangeOf(claims: Members | undefined, now: number): [number, number] {
  const times = ["iat", "nbf", "exp"].flatMap((name) => timeIn(claims, name) ?? []);
  const [first, last] = times.length === 0 ? [now - 3600, now + 3600] : [Math.min(...times), Math.max(...times)];
  const margin = Math.max(60, Math.round((last - first) / 4));
  return [Math.max(0, first - margin), last + margin];
}

function timeIn(claims: Members | undefined, name: string): number | undefined {
  const value = claims?.[name];
  return typeof value === "number" && value >= 0 && value <= LAST_DATE ? value : undefined;
}
