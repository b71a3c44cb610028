import { t } from "./lang.ts";

/** The element of index.html, or of a part that was built, with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`the page has no element #${id}`);
  }
  return element as T;
}

/** A new element; text is always text, never markup. */
export function el(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  if (className !== "") {
    element.className = className;
  }
  element.append(...children);
  return element;
}

/** Gives an element its text in both languages: another language changes the text, and the element stays. */
export function setText<E extends HTMLElement>(element: E, ko: string, en: string): E {
  [element.dataset["ko"], element.dataset["en"]] = [ko, en];
  element.textContent = t(ko, en);
  return element;
}

/** As `setText`, for the name that is read out and not seen. */
export function setName<E extends HTMLElement>(element: E, ko: string, en: string): E {
  [element.dataset["koName"], element.dataset["enName"]] = [ko, en];
  element.ariaLabel = t(ko, en);
  return element;
}

/** Writes what `setText` and `setName` gave in the language of the moment. */
export function writeTexts(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-ko]")) {
    element.textContent = t(element.dataset["ko"] ?? "", element.dataset["en"] ?? "");
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-ko-name]")) {
    element.ariaLabel = t(element.dataset["koName"] ?? "", element.dataset["enName"] ?? "");
  }
}

export function button(text: string, onClick: (pressed: HTMLButtonElement) => void, className = ""): HTMLButtonElement {
  const made = el("button", className, text) as HTMLButtonElement;
  made.type = "button";
  made.addEventListener("click", () => onClick(made));
  return made;
}

/** Preformatted text that can be scrolled in its box, also with the keyboard. */
export function scrolled(text: string, name: string, className = ""): HTMLElement {
  const box = el("pre", className, text);
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.ariaLabel = name;
  return box;
}

/** A new SVG element. */
export function svg(tag: string, attributes: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Runs one action of a control: no second one starts meanwhile. */
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
