import { byId } from "./dom.ts";

const NAMES = ["inspector", "break", "flow", "speed"] as const;
export type Part = (typeof NAMES)[number];

const openers = new Map<Part, () => void>();
let shown: Part[] = [];

/** Calls `opener` whenever the part is opened. */
export function onOpen(part: Part, opener: () => void): void {
  openers.set(part, opener);
}

export function openPart(part: Part): void {
  for (const name of shown) {
    const tab = byId(`tab-${name}`);
    tab.ariaSelected = String(name === part);
    // The arrow keys move between the tabs, the Tab key into the open part.
    tab.tabIndex = name === part ? 0 : -1;
    byId(name).hidden = name !== part;
  }
  openers.get(part)?.();
}

/** Connects the tabs to the mouse and to the keys of the ARIA tabs pattern. */
export function startTabs(without: readonly Part[]): void {
  for (const name of without) {
    byId(`tab-${name}`).remove();
    byId(name).remove();
  }
  shown = NAMES.filter((name) => !without.includes(name));
  shown.forEach((name, index) => {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => openPart(name));
    tab.addEventListener("keydown", (event) => {
      const target = {
        ArrowRight: index + 1,
        ArrowLeft: index - 1,
        Home: 0,
        End: shown.length - 1,
      }[event.key];
      const next = target === undefined ? undefined : shown.at(target % shown.length);
      if (next !== undefined) {
        event.preventDefault();
        openPart(next);
        byId(`tab-${next}`).focus();
      }
    });
  });
  openPart("inspector");
}
