import { withServices } from "./config.ts";
import { byId, el, setText } from "./dom.ts";
import type { Flow } from "./flow.ts";
import { Inspector } from "./inspector.ts";
import { writeLabels } from "./labels.ts";
import { chooseLanguage, onLanguage, type Lang } from "./lang.ts";
import { onOpen, startTabs, type Part } from "./tabs.ts";

onLanguage(writeLabels);
startTabs(withServices ? [] : ["flow"]);
writeLabels();

const inspector = new Inspector();
onLanguage(() => inspector.show());
inspector.show();

// The other parts are loaded when they are first opened.
let gallery: Promise<import("./gallery.ts").Gallery> | undefined;
const loadGallery = () =>
  (gallery ??= import("./gallery.ts").then(
    ({ Gallery }) => new Gallery(inspector),
    (error: unknown) => {
      gallery = undefined;
      throw error;
    },
  ));
onOpen("break", () => {
  loadGallery()
    .then((loaded) => loaded.start())
    .catch((error: unknown) => showLoadError("break", error));
});
onOpen(
  "speed",
  once("speed", async () => {
    const { Speed } = await import("./speed.ts");
    new Speed();
  }),
);

let flow: Flow | undefined;
if (withServices) {
  onOpen(
    "flow",
    once("flow", async () => {
      const { addresses, Flow } = await import("./flow.ts");
      flow = new Flow(inspector, await loadGallery());
      document.querySelector(".addresses")?.append(addresses);
    }),
  );
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-lang]")) {
  button.addEventListener("click", () => chooseLanguage(button.dataset["lang"] as Lang));
}

setInterval(() => {
  inspector.tick();
  flow?.tick();
}, 1000);

/** Returns a function that runs `open` once. A failure is shown in the part, and can be retried. */
function once(part: Part, open: () => Promise<void>): () => void {
  let opened = false;
  return () => {
    if (!opened) {
      opened = true;
      open().catch((error: unknown) => {
        opened = false;
        showLoadError(part, error);
      });
    }
  };
}

function showLoadError(part: Part, error: unknown): void {
  const sentence = setText(
    el("span", ""),
    "이 부분을 열지 못했습니다. 다시 눌러 보세요.",
    "This part could not be opened. Try it again.",
  );
  const message = el("p", "message-box wrong", sentence, ` (${String(error)})`);
  message.setAttribute("role", "alert");
  byId(part).replaceChildren(message);
}
