import { t } from "./lang.ts";

/** Returns the element with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`the page has no element #${id}`);
  }
  return element as T;
}

/** Creates an element. Strings become text, never markup. */
export function el(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  if (className !== "") {
    element.className = className;
  }
  element.append(...children);
  return element;
}

/** Sets the text of an element in both languages; `writeTexts` switches between them. */
export function setText<E extends HTMLElement>(element: E, ko: string, en: string): E {
  [element.dataset["ko"], element.dataset["en"]] = [ko, en];
  element.textContent = t(ko, en);
  return element;
}

/** Sets the accessible name of an element in both languages. */
export function setName<E extends HTMLElement>(element: E, ko: string, en: string): E {
  [element.dataset["koName"], element.dataset["enName"]] = [ko, en];
  element.ariaLabel = t(ko, en);
  return element;
}

/** Writes the texts of `setText` and `setName` in the current language. */
export function writeTexts(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-ko]")) {
    element.textContent = t(element.dataset["ko"] ?? "", element.dataset["en"] ?? "");
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-ko-name]")) {
    element.ariaLabel = t(element.dataset["koName"] ?? "", element.dataset["enName"] ?? "");
  }
}

export function button(
  text: string,
  onClick: (pressed: HTMLButtonElement) => void,
  className = "",
): HTMLButtonElement {
  const made = el("button", className, text) as HTMLButtonElement;
  made.type = "button";
  made.addEventListener("click", () => onClick(made));
  return made;
}

/** Creates a box of preformatted text that scrolls, also with the keyboard. */
export function scrolled(text: string, name: string, className = ""): HTMLElement {
  const box = el("pre", className, text);
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.ariaLabel = name;
  return box;
}

/** Creates an SVG element. */
export function svg(
  tag: string,
  attributes: Record<string, string | number>,
  ...children: (Node | string)[]
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Runs the action of a control, unless one is running. */
export async function busy(control: HTMLElement, action: () => Promise<void>): Promise<void> {
  if (control.ariaBusy === "true") {
    return;
  }
  control.ariaBusy = "true";
  try {
    await action();
  } finally {
    control.ariaBusy = null;
  }
}
