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
