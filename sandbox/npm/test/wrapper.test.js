// The wrapper without a program of ours: what it finds, passes on, and says when something is missing.
"use strict";

const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { afterEach, beforeEach, test } = require("node:test");

const skip = process.platform === "win32" ? "the stand-in for the program is a shell script" : false;
let project, home;

beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "loop-sandbox-npm-")));
  home = join(project, "node_modules", "@platform", "sandbox");
  for (const file of ["package.json", "cli.js", "index.js"]) {
    cpSync(join(__dirname, "..", file), join(home, file));
  }
});

afterEach(() => rmSync(project, { recursive: true }));

/** A program that prints its arguments, one on a line, and exits with 7. */
function putProgram(folder) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "loop-sandbox");
  writeFileSync(file, '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n');
  chmodSync(file, 0o755);
  return file;
}

function putSdk() {
  const lib = join(project, "node_modules", "@platform", "sdk", "lib");
  mkdirSync(lib, { recursive: true });
  writeFileSync(join(lib, "walk.js"), "// A stand-in.\n");
  return join(lib, "walk.js");
}

function run(args, environment = {}) {
  const env = { ...process.env, LOOP_SANDBOX: "", ...environment };
  return spawnSync(process.execPath, [join(home, "cli.js"), ...args], { cwd: project, encoding: "utf8", env });
}

test("arguments and the exit code are passed on", { skip }, () => {
  putProgram(join(home, "bin"));
  const ran = run(["serve", "--app-name", "two words"]);
  assert.equal(ran.stdout, "serve\n--app-name\ntwo words\n");
  assert.equal(ran.status, 7);
});

test("the program of the platform's package is found", { skip }, () => {
  const { platform, arch } = process;
  const glibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
  const target = platform === "linux" ? `${platform}-${arch}-${glibc ? "gnu" : "musl"}` : `${platform}-${arch}`;
  const folder = join(project, "node_modules", "@platform", `sandbox-${target}`);
  putProgram(join(folder, "bin"));
  writeFileSync(join(folder, "package.json"), "{}");
  assert.equal(run(["serve"]).stdout, "serve\n");
});

test("the demo walks with the installed SDK", { skip }, () => {
  putProgram(join(home, "bin"));
  const walk = putSdk();
  assert.equal(run(["demo", "--plain"]).stdout, `demo\n--plain\n--walker\nNode='${process.execPath}' '${walk}'\n`);
});

test("a demo without the SDK says what to install", { skip }, () => {
  putProgram(join(home, "bin"));
  const ran = run(["demo"]);
  assert.match(ran.stderr, /npm install @platform\/sdk/);
  assert.equal(ran.status, 1);
});

test("a walker of one's own needs no SDK", { skip }, () => {
  putProgram(join(home, "bin"));
  assert.equal(run(["demo", "--walker=A=b"]).stdout, "demo\n--walker=A=b\n");
});

test("LOOP_SANDBOX wins over the program that came along", { skip }, () => {
  putProgram(join(home, "bin"));
  const other = putProgram(join(project, "other"));
  writeFileSync(other, "#!/bin/sh\necho other\n");
  assert.equal(run(["serve"], { LOOP_SANDBOX: other }).stdout, "other\n");
});

test("a LOOP_SANDBOX that leads nowhere is named", () => {
  const ran = run(["serve"], { LOOP_SANDBOX: join(project, "nowhere") });
  assert.match(ran.stderr, /^LOOP_SANDBOX is .*nowhere, and no program is there/);
  assert.equal(ran.status, 1);
});

test("a missing platform package is named", () => {
  const ran = run(["serve"]);
  assert.match(ran.stderr, new RegExp(`the package @platform/sandbox-${process.platform}-${process.arch}.* is missing`));
  assert.equal(ran.status, 1);
});
