// A page that judges the rows of the verdict table with the files of the package as they are.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { open } from "./browsers.mjs";
import { keys, rows } from "./vectors.mjs";

const root = join(import.meta.dirname, "..", "..");

/** Returns the judged rows, as a browser sends them. */
export async function judgedIn(t, browser) {
  let arrived;
  const judged = new Promise((resolve) => (arrived = resolve));
  const server = createServer(async (request, response) => {
    if (request.url === "/judged") {
      arrived(JSON.parse((await request.setEncoding("utf8").toArray()).join("")));
      response.end();
      return;
    }
    const [type, content] = fileAt(request.url) ?? [];
    if (content === undefined) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY });
      response.end(content);
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await open(t, browser, `http://127.0.0.1:${server.address().port}/`);
  return await judged;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval' 'nonce-page'",
  "connect-src 'self'",
].join("; ");

/** Returns type and content of a file of the page. */
function fileAt(url) {
  if (url === "/") {
    return ["text/html", page()];
  }
  if (url === "/vectors.json") {
    return ["application/json", JSON.stringify({ keys, rows })];
  }
  if (url === "/verdicts.mjs") {
    return ["text/javascript", readFileSync(join(import.meta.dirname, "verdicts.mjs"))];
  }
  const [, file] = /^\/dist\/([a-z_-]+\.js)$/.exec(url) ?? [];
  return file && ["text/javascript", readFileSync(join(root, "dist", file))];
}

function page() {
  const { imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.entries(imports).map(([name, target]) => [name, target.default.slice(1)]);
  const map = JSON.stringify({ imports: Object.fromEntries(entries) });
  return `<!doctype html>
<html lang="en">
  <title>The verdict table</title>
  <script type="importmap" nonce="page">${map}</script>
  <script type="module" nonce="page">
    import { createVerifier, KeyError, VerificationError } from "/dist/index.js";
    import { createExplainer } from "/dist/explain.js";
    import { judge } from "/verdicts.mjs";

    let judged;
    try {
      const { keys, rows } = await (await fetch("/vectors.json")).json();
      const entries = { createVerifier, createExplainer, KeyError, VerificationError };
      judged = judge(entries, keys, rows);
    } catch (error) {
      judged = String(error);
    }
    await fetch("/judged", { method: "POST", body: JSON.stringify(judged) });
  </script>
</html>`;
}
