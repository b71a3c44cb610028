// The browsers of this machine. They load a page, which reports by HTTP, so they need no driver.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const chromium = process.env.CHROMIUM || "/usr/bin/chromium";
const firefox = process.env.FIREFOX || "/usr/bin/firefox-esr";
const miniBrowser = process.env.WEBKIT || debiansMiniBrowser();
const xvfb = "/usr/bin/Xvfb";

/** Returns WebKitGTK's test browser, which Debian installs outside of the PATH. */
function debiansMiniBrowser() {
  const libraries = "/usr/lib";
  const programs = existsSync(libraries)
    ? readdirSync(libraries).flatMap((machine) =>
        ["4.1", "4.0"].map((api) => join(libraries, machine, `webkit2gtk-${api}`, "MiniBrowser")),
      )
    : [];
  return programs.find((program) => existsSync(program)) ?? "MiniBrowser";
}

/** `skip` is the reason for node:test, or false. `start` returns the processes that it starts. */
export const browsers = [
  {
    name: "Chromium",
    skip: !existsSync(chromium) && `skipped: there is no ${chromium}; set CHROMIUM`,
    start: startChromium,
  },
  {
    name: "Firefox",
    skip: !existsSync(firefox) && `skipped: there is no ${firefox}; set FIREFOX`,
    start: startFirefox,
  },
  {
    name: "WebKit",
    skip:
      !(existsSync(miniBrowser) && existsSync(xvfb)) &&
      `skipped: WebKitGTK's ${miniBrowser} or ${xvfb} is missing ` +
        "(Debian: webkit2gtk-driver, xvfb); set WEBKIT",
    start: startWebKit,
  },
];

/** Opens a page until the test ends. */
export async function open(t, { start }, url) {
  const profile = mkdtempSync(join(tmpdir(), "dojang-browser-"));
  const processes = [];
  t.after(async () => {
    await Promise.all(processes.map(stop));
    // Children of the browser may still write.
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  await start({ url, profile, processes });
}

/** Starts a program in a process group, which takes its children with it. */
function startGroup({ processes }, program, args, options = {}) {
  const started = spawn(program, args, { stdio: "ignore", detached: true, ...options });
  processes.push(started);
  return started;
}

async function stop(started) {
  if (started.exitCode !== null || started.signalCode !== null) {
    return;
  }
  const ended = new Promise((resolve) => started.once("exit", resolve));
  process.kill(-started.pid);
  await ended;
}

function startChromium(page) {
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
  ];
  startGroup(page, chromium, [...flags, `--user-data-dir=${page.profile}`, page.url]);
}

function startFirefox(page) {
  const preferences = {
    "app.normandy.enabled": false,
    "app.update.enabled": false,
    "browser.shell.checkDefaultBrowser": false,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "toolkit.telemetry.reportingpolicy.firstRun": false,
  };
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(page.profile, "user.js"), lines.join(""));
  const env = { ...process.env, HOME: page.profile };
  startGroup(page, firefox, ["--headless", "--no-remote", "--profile", page.profile, page.url], {
    env,
  });
}

async function startWebKit(page) {
  const display = await startXvfb(page);
  const env = {
    ...process.env,
    DISPLAY: display,
    HOME: page.profile,
    NO_AT_BRIDGE: "1",
    WEBKIT_DISABLE_COMPOSITING_MODE: "1",
    XDG_RUNTIME_DIR: page.profile,
  };
  startGroup(page, miniBrowser, ["--private", page.url], { env });
}

/** Starts an X server on a free display and returns its name. */
async function startXvfb(page) {
  const server = startGroup(
    page,
    xvfb,
    ["-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp"],
    { stdio: ["ignore", "ignore", "ignore", "pipe"] },
  );
  const output = server.stdio[3].setEncoding("utf8");
  let number = "";
  // The server writes the line in pieces, and ends when nobody reads one.
  output.on("data", (text) => (number += text));
  while (!number.endsWith("\n")) {
    await Promise.race([once(output, "data"), once(output, "close")]);
    if (output.destroyed) {
      throw new Error(`${xvfb} did not start`);
    }
  }
  return `:${number.trim()}`;
}
