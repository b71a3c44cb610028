// argv: the directory of the vectors and of what judges them. Prints the judged rows as JSON.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { createExplainer } from "@dojang/verifier/explain";

const load = (name) => import(pathToFileURL(join(process.argv[2], name)));
const { keys, rows } = await load("vectors.mjs");
const { judge } = await load("verdicts.mjs");
const entries = { createVerifier, createExplainer, KeyError, VerificationError };
console.log(JSON.stringify(judge(entries, keys, rows)));
