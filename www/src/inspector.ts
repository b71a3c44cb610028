import { KeyError } from "@dojang/verifier";
import { codeTexts } from "@dojang/verifier/texts";
import type { Code, JwkSet } from "@dojang/verifier";
import type { Explainer, Explanation, Step } from "@dojang/verifier/explain";
import { byId, el } from "./dom.ts";
import { checkLabel, currentLang, dateTime, label } from "./labels.ts";
import { seal } from "./view.ts";

/** Details that are Unix times in seconds. */
const TIMES = new Set(["expiredAt", "notBefore", "issuedAt", "now"]);

const MARKS = { passed: "✓", failed: "✕", not_reached: "–" };

type CreateExplainer = typeof import("@dojang/verifier/explain").createExplainer;

/** What a key text made. */
type Made = { explainer: Explainer } | { refused: Code };

/** The part of the page that explains any token under any key: all of it happens here, nothing is sent or kept. */
export class Inspector {
  readonly #form = byId<HTMLFormElement>("inspector-form");
  #createExplainer: CreateExplainer | undefined;
  /** Made of the key text that is in the form, and again when that changes. */
  #made: { keys: string; made: Made } | undefined;
  /** What the page shows, so that it only changes when the verdict does. */
  #shown = "";

  constructor() {
    this.#form.addEventListener("input", () => this.show());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    // The fields are emptied after the event.
    this.#form.addEventListener("reset", () => queueMicrotask(() => this.clear()));
  }

  /** Puts a token and keys into the fields and brings the reader there. */
  open(token: string, keys: JwkSet): void {
    this.#field("token").value = token;
    this.#field("keys").value = JSON.stringify(keys, null, 2);
    this.#field("now").value = "";
    this.show();
    byId("inspector-title").focus();
    byId("inspector").scrollIntoView();
  }

  /** Forgets the token and the keys. */
  clear(): void {
    for (const name of ["token", "keys", "now"]) {
      this.#field(name).value = "";
    }
    this.show();
  }

  /** A second has passed. */
  tick(): void {
    if (this.#field("now").value === "") {
      this.show();
    }
  }

  /** Explains what is in the fields. */
  show(): void {
    const now = this.#now();
    byId("inspected-time").textContent = now === undefined ? "" : dateTime(now);
    const [token, keys] = [this.#field("token").value.trim(), this.#field("keys").value.trim()];
    if (now === undefined) {
      this.#showProblem(label("badNow"));
    } else if (keys === "") {
      this.#showProblem("");
    } else if (this.#createExplainer === undefined) {
      void this.#load();
    } else {
      try {
        this.#explain(token, now, this.#madeOf(keys, this.#createExplainer));
      } catch (error) {
        this.#showProblem(unexpected(error));
      }
    }
  }

  #explain(token: string, now: number, made: Made): void {
    if ("refused" in made) {
      this.#showProblem(`${codeTexts[made.refused][currentLang()]} (${made.refused})`);
    } else if (token === "") {
      this.#showProblem("");
    } else {
      this.#showExplanation(made.explainer.explain(token, { now }));
    }
  }

  /** Only those who inspect a token load the module that can. */
  async #load(): Promise<void> {
    try {
      this.#createExplainer = (await import("@dojang/verifier/explain")).createExplainer;
    } catch (error) {
      this.#showProblem(unexpected(error));
      return;
    }
    // With what the fields hold by now.
    this.show();
  }

  #madeOf(keys: string, create: CreateExplainer): Made {
    if (this.#made?.keys !== keys) {
      if (this.#made !== undefined && "explainer" in this.#made.made) {
        this.#made.made.explainer.free();
      }
      this.#made = undefined;
      this.#made = { keys, made: make(() => create(keys)) };
    }
    return this.#made.made;
  }

  /** Shows no verdict, but what is wrong with the fields, if anything is. */
  #showProblem(problem: string): void {
    this.#shown = "";
    byId("inspection").hidden = true;
    for (const id of ["inspector-verdict", "steps", "decoded"]) {
      byId(id).replaceChildren();
    }
    const place = byId("inspector-problem");
    if (place.textContent !== problem) {
      place.textContent = problem;
    }
  }

  #showExplanation(explanation: Explanation): void {
    byId("inspector-problem").textContent = "";
    byId("inspection").hidden = false;
    // Of an expired token the clock runs on in the details; only a new verdict redraws the rest.
    const shown = JSON.stringify([currentLang(), explanation]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      const verdict = verdictOf(explanation);
      const before = byId("inspector-verdict");
      if (before.textContent !== verdict.textContent) {
        before.replaceChildren(verdict);
      }
      byId("steps").replaceChildren(...explanation.steps.map((step) => stepView(step, explanation)));
      byId("decoded").replaceChildren(...decodedView(explanation));
    }
  }

  /** Unix time in seconds; undefined when the field holds something else. */
  #now(): number | undefined {
    const field = this.#field("now") as HTMLInputElement;
    if (field.value === "" && !field.validity.badInput) {
      return Math.floor(Date.now() / 1000);
    }
    const now = field.valueAsNumber;
    // Dates end there; a token's times may not.
    return now >= 0 && now <= 8.64e12 ? now : undefined;
  }

  #field(name: string): HTMLInputElement | HTMLTextAreaElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement;
  }
}

function make(create: () => Explainer): Made {
  try {
    return { explainer: create() };
  } catch (error) {
    if (error instanceof KeyError) {
      return { refused: error.code };
    }
    throw error;
  }
}

function unexpected(error: unknown): string {
  return `${label("unexpected")} ${error instanceof Error ? error.message : String(error)}`;
}

function verdictOf({ verdict }: Explanation): HTMLElement {
  return verdict.ok
    ? seal("good", label("accepted"), label("acceptedText"))
    : seal("bad", label("refused"), codeTexts[verdict.code][currentLang()], el("code", "", verdict.code));
}

function stepView(step: Step, { verdict }: Explanation): HTMLElement {
  const outcome = { passed: label("passed"), failed: label("failed"), not_reached: label("notReached") }[step.outcome];
  const mark = el("span", "mark", MARKS[step.outcome]);
  mark.ariaHidden = "true";
  const item = el("li", step.outcome, mark, el("span", "", checkLabel(step.check)), el("span", "outcome", outcome));
  if (step.outcome === "failed" && !verdict.ok) {
    const sentence = codeTexts[step.code][currentLang()];
    item.append(el("p", "", sentence, " ", el("code", "", step.code), ...detailViews(verdict.details)));
  }
  return item;
}

function detailViews(details: object): HTMLElement[] {
  return Object.entries(details).map(([name, value]) => {
    const shown = TIMES.has(name) && value <= 8.64e12 ? `${value} (${dateTime(value)})` : JSON.stringify(value);
    return el("span", "detail", el("code", "", name), ` ${shown}`);
  });
}

/** The texts of header and payload as they are, with a warning unless they were verified. */
function decodedView({ verdict, untrusted }: Explanation): HTMLElement[] {
  const texts = [
    [verdict.ok ? "headerVerified" : "headerUntrusted", untrusted.header],
    [verdict.ok ? "claimsVerified" : "payloadUntrusted", untrusted.payload],
  ] as const;
  return texts.flatMap(([name, text]) => {
    if (text === undefined) {
      return [];
    }
    const body = el("pre", verdict.ok ? "decoded" : "decoded untrusted", text);
    body.tabIndex = 0;
    return [el("h3", "", label(name)), body];
  });
}
