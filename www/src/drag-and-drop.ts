import { isKey } from "./paste.ts";

type Field = HTMLInputElement | HTMLTextAreaElement;

/** Puts what is dropped on a field into it; what misses them goes by its look into that for keys or that for tokens. */
export function acceptDrops(fields: { token: Field; keys: Field; statusList: Field }, isOpen: () => boolean): void {
  for (const field of Object.values(fields)) {
    field.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      void textOf((event as DragEvent).dataTransfer).then((text) => put(field, text));
    });
  }
  // Left alone, the browser would open a dropped file in place of the page.
  document.addEventListener("dragover", (event) => {
    if (!isFileInput(event.target)) {
      event.preventDefault();
    }
  });
  document.addEventListener("drop", (event) => {
    if (isFileInput(event.target)) {
      return;
    }
    event.preventDefault();
    if (isOpen()) {
      void textOf(event.dataTransfer).then((text) => put(isKey(text) ? fields.keys : fields.token, text));
    }
  });
}

function isFileInput(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "file";
}

/** The first megabyte of what was dropped: enough to say what is wrong with it. */
async function textOf(dropped: DataTransfer | null): Promise<string> {
  const file = dropped?.files[0];
  return file === undefined ? (dropped?.getData("text") ?? "") : file.slice(0, 1_048_576).text();
}

function put(field: Field, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
