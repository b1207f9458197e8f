// What the browser tests share: a sandbox, one of the web examples beside it, and Debian's chromium.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

// LOOP_PYTHON, LOOP_AXUM, LOOP_WALK, LOOP_SANDBOX and LOOP_CHROMIUM are set by `cargo xtask test`.
export const EXAMPLES = {
  flask: { command: process.env.LOOP_PYTHON, args: ["app.py"], folder: join(root, "examples", "python-flask") },
  axum: { command: process.env.LOOP_AXUM, args: [], folder: join(root, "examples", "rust-axum") },
  express: { command: process.execPath, args: ["server.mjs"], folder: join(root, "examples", "node-express") },
};

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function findChromium() {
  const named = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => [join(folder, "chromium"), join(folder, "google-chrome")]);
  const found = [process.env.LOOP_CHROMIUM, ...named].find((path) => path && existsSync(path));
  if (!found) throw new Error("no chromium: install it (Debian: apt-get install chromium) or set LOOP_CHROMIUM");
  return found;
}

async function answers(url, output) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${url} does not answer:\n${output()}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A sandbox of its own, that ends with this process. `app` is what its one line of JSON says. */
export async function startSandbox(...more) {
  const child = spawn(process.env.LOOP_SANDBOX, ["serve", "--port", "0", "--json", "--exit-with-stdin", ...more], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, app: JSON.parse(line) };
}

export function launchChromium() {
  return chromium.launch({
    executablePath: findChromium(),
    args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export class World {
  static async start(example) {
    const { command, args, folder } = EXAMPLES[example];
    const port = await freePort();
    const world = new World();
    world.home = `http://localhost:${port}`;
    const { child, app } = await startSandbox("--redirect-uri", `${world.home}/callback`);
    world.sandbox = child;
    world.base = app.base_url;
    world.folder = mkdtempSync(join(tmpdir(), "loop-browser-"));
    world.app = spawn(command, args, {
      cwd: folder,
      env: {
        ...process.env,
        PORT: String(port),
        FLASK_SECRET_KEY: "only-for-this-test",
        LOOP_SESSION_SECRET: "only-for-this-test-0123456789abcdef",
        LOOP_ENVIRONMENT: app.environment,
        LOOP_CLIENT_ID: app.client_id,
        LOOP_CLIENT_SECRET: app.client_secret,
        LOOP_REDIRECT_URI: app.redirect_uri,
        LOOP_SCOPES: "read:biomarkers",
        LOOP_STORE: `sqlite:${join(world.folder, "grants.db")}`,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [world.app.stdout, world.app.stderr]) stream.on("data", (text) => (output += text));
    world.output = () => output;
    await answers(world.home, world.output);
    world.chromium = await launchChromium();
    return world;
  }

  /** A browser of its own: cookies are shared by its tabs, and by nobody else. */
  async browser(options) {
    const context = await this.chromium.newContext(options);
    context.setDefaultTimeout(10_000);
    return context;
  }

  async journal() {
    return (await fetch(`${this.base}/_sandbox/journal`)).json();
  }

  async tokenRequests(grantType) {
    return (await this.journal()).filter((entry) => entry.grant_type === grantType);
  }

  async stop() {
    await this.chromium?.close();
    this.app?.kill();
    this.sandbox?.stdin.end();
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}
