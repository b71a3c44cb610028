import type { VerifierOptions } from "@dojang/verifier/explain";
import { byId, el, setText } from "./dom.ts";
import { onLanguage, t } from "./lang.ts";
import { placeholdersIn, PRESETS, type Preset } from "./presets.ts";

/** The largest leeway that the verifier accepts, in seconds. */
const MAX_LEEWAY = 3600;

/** The values of the field `tokenType`, besides `access` and `refresh`. */
const OTHER = "other";
const NONE = "none";

/** The policy, or why the fields contain none. */
export type PolicyInput = { options: VerifierOptions } | { problem: string };

/** The fields of the policy, and the presets that fill them. */
export class PolicyForm {
  readonly #form: HTMLFormElement;
  readonly #preset: HTMLSelectElement;

  constructor(form: HTMLFormElement) {
    this.#form = form;
    this.#preset = form.elements.namedItem("preset") as HTMLSelectElement;
    const simple = setText(
      el("option", ""),
      "도장의 발급 서버, SimpleJWT",
      "Dojang's issuer, SimpleJWT",
    );
    (simple as HTMLOptionElement).value = "";
    this.#preset.append(simple, ...PRESETS.map(({ id, name }) => new Option(name, id)));
    // Registered before the listener of the inspector, which reads the fields.
    form.addEventListener("input", ({ target }) => {
      if (target === this.#preset) {
        this.#write(this.#chosen()?.options ?? {});
      }
      this.#show();
    });
    form.addEventListener("reset", () => this.write({}));
    onLanguage(() => this.#show());
    this.#show();
  }

  read(): PolicyInput {
    const [leeway, futureLeeway] = [this.#seconds("leeway", 0), this.#seconds("futureLeeway", 5)];
    if (leeway === undefined || futureLeeway === undefined) {
      const problem = t(
        "시계 오차는 0부터 3,600까지의 정수(초)여야 합니다.",
        "Each leeway must be a whole number of seconds from 0 to 3,600.",
      );
      return { problem };
    }
    const anyAudience = this.#box("anyAudience").checked;
    const issuer = this.#lines("issuer");
    const audience = anyAudience ? [] : this.#lines("audience");
    const requiredClaims = this.#lines("requiredClaims");
    const tokenType = this.#tokenType();
    if (tokenType === "") {
      const problem = t(
        "토큰 종류의 값을 적거나 다른 것을 고르세요.",
        "Enter the token type, or select another one.",
      );
      return { problem };
    }
    if (tokenType === null && (issuer.length === 0 || (audience.length === 0 && !anyAudience))) {
      const problem = t(
        "token_type을 보지 않으려면 발급자가, 그리고 대상 또는 모든 대상 허용이 필요합니다. 누구의 토큰을 누구를 위해 받는지 알아야 하기 때문입니다.",
        "Without a token type, the policy needs an issuer, and an audience or any audience: it must say whose tokens are accepted, and for whom.",
      );
      return { problem };
    }
    const options = {
      leeway,
      futureLeeway,
      tokenType,
      requireAtJwt: this.#box("requireAtJwt").checked,
      anyAudience,
      ...(issuer.length > 0 && { issuer }),
      ...(audience.length > 0 && { audience }),
      ...(requiredClaims.length > 0 && { requiredClaims }),
    };
    return { options };
  }

  /** Puts a policy into the fields. */
  write(options: VerifierOptions): void {
    this.#preset.value = "";
    this.#write(options);
    this.#show();
  }

  #write(options: VerifierOptions): void {
    const { tokenType = "access" } = options;
    const isListed = tokenType === "access" || tokenType === "refresh";
    this.#field("leeway").value = String(options.leeway ?? 0);
    this.#field("futureLeeway").value = String(options.futureLeeway ?? 5);
    this.#field("issuer").value = linesOf(options.issuer);
    this.#field("audience").value = linesOf(options.audience);
    this.#field("requiredClaims").value = linesOf(options.requiredClaims);
    this.#field("tokenType").value = isListed ? tokenType : tokenType === null ? NONE : OTHER;
    this.#field("otherTokenType").value = isListed ? "" : (tokenType ?? "");
    this.#box("anyAudience").checked = options.anyAudience ?? false;
    this.#box("requireAtJwt").checked = options.requireAtJwt ?? false;
    const isDefault = Object.keys(options).length === 0;
    byId<HTMLDetailsElement>("policy").open ||= !isDefault;
  }

  /** Enables the fields that count, and shows the notes of the preset. */
  #show(): void {
    this.#field("audience").disabled = this.#box("anyAudience").checked;
    byId("other-token-type").hidden = this.#field("tokenType").value !== OTHER;
    const preset = this.#chosen();
    const left = ["issuer", "audience"].flatMap((name) =>
      this.#field(name).disabled ? [] : placeholdersIn(this.#field(name).value),
    );
    byId("preset-notes").replaceChildren(...notesOf(preset, [...new Set(left)]));
  }

  #chosen(): Preset | undefined {
    return PRESETS.find(({ id }) => id === this.#preset.value);
  }

  #tokenType(): string | null {
    const { value } = this.#field("tokenType");
    if (value === NONE) {
      return null;
    }
    return value === OTHER ? this.#field("otherTokenType").value.trim() : value;
  }

  #seconds(name: string, preset: number): number | undefined {
    const { value } = this.#field(name);
    const seconds = value === "" ? preset : Number(value);
    const isInRange = Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_LEEWAY;
    return isInRange ? seconds : undefined;
  }

  #lines(name: string): string[] {
    const lines = this.#field(name).value.split("\n");
    return lines.map((line) => line.trim()).filter((line) => line !== "");
  }

  #box(name: string): HTMLInputElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement;
  }

  #field(name: string): HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement;
  }
}

function linesOf(values: string | readonly string[] | undefined): string {
  return typeof values === "string" ? values : (values ?? []).join("\n");
}

/** Describes a preset. `left` are the placeholders that are still in the fields. */
function notesOf(preset: Preset | undefined, left: string[]): HTMLElement[] {
  const notes: HTMLElement[] = [];
  if (left.length > 0) {
    const replace = t("여러분의 값으로 바꾸세요:", "Replace with your values:");
    const names = left.flatMap((name) => [" ", el("code", "placeholder", name)]);
    notes.push(el("p", "replace", replace, ...names));
  }
  if (preset !== undefined) {
    const keys = t("공개 키가 있는 곳:", "The public keys are at:");
    notes.push(el("p", "", keys, " ", el("code", "", preset.keys)), el("p", "", t(...preset.note)));
  }
  return notes;
}
