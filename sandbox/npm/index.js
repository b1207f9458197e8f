// Finds the sandbox's program for this machine.
"use strict";

const { accessSync, constants, existsSync } = require("node:fs");
const { dirname, join } = require("node:path");

const FILE = process.platform === "win32" ? "loop-sandbox.exe" : "loop-sandbox";

/** The names of the packages that may hold the program for this machine, the likeliest first. */
function platformPackages() {
  const { platform, arch } = process;
  if (platform !== "linux") {
    return [`@platform/sandbox-${platform}-${arch}`];
  }
  const libraries = process.report.getReport().header.glibcVersionRuntime === undefined ? ["musl"] : ["gnu", "musl"];
  return libraries.map((library) => `@platform/sandbox-${platform}-${arch}-${library}`);
}

/** Where a package's program is, or undefined. */
function inPackage(name) {
  try {
    const file = join(dirname(require.resolve(`${name}/package.json`)), "bin", FILE);
    return existsSync(file) ? file : undefined;
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

/**
 * The path of the sandbox's program: LOOP_SANDBOX if it is set, else the one that came with this package.
 *
 * Throws an Error that names what is missing.
 */
function binaryPath() {
  const given = process.env.LOOP_SANDBOX;
  if (given) {
    if (!isProgram(given)) {
      throw new Error(`LOOP_SANDBOX is ${given}, and no program is there that can be started.`);
    }
    return given;
  }
  const bundled = join(__dirname, "bin", FILE);
  if (existsSync(bundled)) {
    return bundled;
  }
  const packages = platformPackages();
  for (const name of packages) {
    const file = inPackage(name);
    if (file !== undefined) {
      return file;
    }
  }
  throw new Error(
    `@platform/sandbox has no program for this machine: the package ${packages[0]} is missing. Run npm install again ` +
      "on this machine, without --omit=optional and without a node_modules folder or lock file made on another one.",
  );
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

module.exports = { binaryPath };
