// Gives the host of the virtual machine a function for its task.

import * as entries from "../entries.mjs";
import { tryEverything } from "../try.mjs";

globalThis.run = (task, init) => tryEverything(entries, task, init);
