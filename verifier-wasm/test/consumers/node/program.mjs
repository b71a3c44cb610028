// argv: the task as JSON. Prints the outcome as JSON.

import * as entries from "../entries.mjs";
import { tryEverything } from "../try.mjs";

console.log(JSON.stringify(await tryEverything(entries, JSON.parse(process.argv[2]))));
