import { isKey } from "./paste.ts";

type Field = HTMLInputElement | HTMLTextAreaElement;

/**
 * Accepts dropped texts and files. On a field they replace its value; elsewhere they go to the
 * field for keys or for tokens, by their content.
 */
export function acceptDrops(
  fields: { token: Field; keys: Field; statusList: Field },
  isOpen: () => boolean,
): void {
  for (const field of Object.values(fields)) {
    field.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      void textOf((event as DragEvent).dataTransfer).then((text) => setValue(field, text));
    });
  }
  // By default, browsers open a dropped file in place of the page.
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
      const { token, keys } = fields;
      void textOf(event.dataTransfer).then((text) => setValue(isKey(text) ? keys : token, text));
    }
  });
}

function isFileInput(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "file";
}

/** Reads the dropped text, or the first megabyte of the dropped file. */
async function textOf(dropped: DataTransfer | null): Promise<string> {
  const file = dropped?.files[0];
  return file === undefined ? (dropped?.getData("text") ?? "") : file.slice(0, 1_048_576).text();
}

function setValue(field: Field, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
