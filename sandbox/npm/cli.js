#!/usr/bin/env node
// `loop-sandbox`: runs the program with the arguments given. `demo` alone walks the quickstart with @platform/sdk.
"use strict";

const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const { constants } = require("node:os");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { binaryPath } = require("./index.js");

/** The quickstart as the installed SDK walks it. By its path: it is no part of what the SDK exports. */
function walker() {
  const bases = [join(process.cwd(), "package.json"), __filename];
  const folders = bases.flatMap((base) => createRequire(base).resolve.paths("@platform/sdk") ?? []);
  return folders.map((folder) => join(folder, "@platform", "sdk", "lib", "walk.js")).find((file) => existsSync(file));
}

/** One word for the shell that starts a walker. */
function word(text) {
  return process.platform === "win32" ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The arguments for the program: `demo` gets its walker, everything else is passed on. */
function withWalker(args) {
  const says = (name) => args.some((argument) => argument === name || argument.startsWith(`${name}=`));
  if (args[0] !== "demo" || says("--walker") || says("--help") || says("-h")) {
    return args;
  }
  const walk = walker();
  if (walk === undefined) {
    throw new Error("The demo shows @platform/sdk, which is not installed here. Install it with: npm install @platform/sdk");
  }
  return [...args, "--walker", `Node=${word(process.execPath)} ${word(walk)}`];
}

function main() {
  let program, args;
  try {
    program = binaryPath();
    args = withWalker(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
    return;
  }
  const child = spawn(program, args, { stdio: "inherit" });
  // Ctrl-C reaches the program by itself; this one only has to outlive it. Other signals are passed on.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => {
    console.error(`The sandbox can't be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

main();
