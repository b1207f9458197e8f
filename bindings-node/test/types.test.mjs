// Code as people write it compiles under `tsc --strict` and runs: the quickstart's snippet, the README, the example.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { promisify } from "node:util";
import { startSandbox } from "@platform/sdk/testing";
import { Browser, compile as compileIn, environment, installedProject, root } from "./helpers.mjs";

const project = installedProject();
const compile = (files, ...options) => compileIn(project, files, ...options);

test("the quickstart's snippet compiles in an Express handler, and runs", async () => {
  copyFileSync(join(root, "test", "types", "quickstart.mts"), join(project, "quickstart.mts"));
  await compile(["quickstart.mts"]);
  const redirectUri = "https://your-app.example.com/auth/loop/callback";
  const sandbox = await startSandbox({ redirectUri });
  const names = environment(sandbox, "memory:");
  delete names.LOOP_REDIRECT_URI;
  Object.assign(process.env, names);
  const { loop, callback } = await import(pathToFileURL(join(project, "quickstart.mjs")));
  const { url } = await loop.authorizationUrl();
  const back = new URL(await sandbox.signIn(url));
  assert.equal(back.origin + back.pathname, redirectUri);
  const biomarkers = await callback({ query: Object.fromEntries(back.searchParams) });
  assert.ok(biomarkers.length > 0);
  await sandbox.stop();
});

test("callers' code compiles, by import and by require, and wrong code does not", async () => {
  for (const name of ["surface.mts", "surface.cts"]) {
    copyFileSync(join(root, "test", "types", "surface.mts"), join(project, name));
  }
  await compile(
    ["surface.mts", "surface.cts"],
    "--noEmit",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
  );
});

test("every block of the README compiles", async () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const files = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code], index) => {
    writeFileSync(join(project, `readme-${index}.mts`), code);
    return `readme-${index}.mts`;
  });
  assert.equal(files.length, 5);
  await compile(files, "--noEmit");
});

test("the example compiles, starts, and shows a person's biomarkers", async () => {
  copyFileSync(join(root, "..", "examples", "node-express", "server.mjs"), join(project, "server.mjs"));
  // JavaScript has no annotations, so parameters without a type are no mistake there.
  await compile(["server.mjs"], "--noEmit", "--allowJs", "--checkJs", "--noImplicitAny", "false");

  const free = createServer().listen(0);
  await new Promise((resolve) => free.once("listening", resolve));
  const { port } = free.address();
  await new Promise((resolve) => free.close(resolve));
  const origin = `http://localhost:${port}`;
  const sandbox = await startSandbox({ redirectUri: `${origin}/callback` });
  const env = {
    ...process.env,
    ...environment(sandbox, "memory:"),
    PORT: String(port),
    LOOP_SESSION_SECRET: "s".repeat(32),
  };
  const server = spawn(process.execPath, ["server.mjs"], { cwd: project, env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise((resolve) => server.stdout.once("data", resolve));
    const browser = new Browser(origin);
    assert.match((await browser.get("/")).text, /Connect with Loop/);
    const { location } = await browser.get("/login");
    assert.equal((await browser.get(await sandbox.signIn(location))).location, "/biomarkers");
    const { text } = await browser.get("/biomarkers");
    assert.match(text, /<th scope="row">[^<]+<\/th>/);
    assert.match(text, /class="low"/);
    assert.equal((await browser.post("/logout")).status, 303);
    assert.match((await browser.get("/")).text, /Connect with Loop/);
  } finally {
    server.kill();
    await sandbox.stop();
  }
});

test("the package holds every file that it exports, and no sources", async () => {
  const { exports } = createRequire(import.meta.url)("@platform/sdk/package.json");
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json"], {
    cwd: root,
    shell: process.platform === "win32",
  });
  const packed = JSON.parse(stdout)[0].files.map((file) => file.path);
  for (const [, path] of JSON.stringify(exports).matchAll(/"\.\/([\w./-]+\.\w+)"(?!:)/g)) {
    assert.ok(packed.includes(path), path);
  }
  assert.deepEqual(
    packed.filter((path) => /^(ts|src|test|native)\b/.test(path)),
    [],
  );
});
