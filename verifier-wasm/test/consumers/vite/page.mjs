// Gets its task from the server of the page, and gives it the outcome.

import * as entries from "../entries.mjs";
import { tryEverything } from "../try.mjs";

let outcome;
try {
  outcome = await tryEverything(entries, await (await fetch("./task.json")).json());
} catch (error) {
  outcome = `${error.stack}`;
}
await fetch("./outcome", { method: "POST", body: JSON.stringify(outcome) });
