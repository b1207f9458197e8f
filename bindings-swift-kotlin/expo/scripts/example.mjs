// Lays out `.example/`: the example, with this package in the form in which it is published. It takes everything else
// from this folder's node_modules, so that one installation serves both.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "..", "..", "examples", "expo");
const example = join(root, ".example");
const installed = join(example, "node_modules", "@platform", "sdk-expo");

const METRO = `// Written by scripts/example.mjs: this package's node_modules are outside of the example.
const { getDefaultConfig } = require("expo/metro-config");
const config = getDefaultConfig(__dirname);
config.watchFolders = [${JSON.stringify(join(root, "node_modules"))}];
module.exports = config;
`;

rmSync(example, { recursive: true, force: true });
const ours = /[\\/](node_modules|android|ios|dist|\.expo)([\\/]|$)/;
cpSync(source, example, { recursive: true, filter: (path) => !ours.test(path.slice(source.length)) });
const packed = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--dry-run"], { cwd: root }));
// npm installs a copy, which does not follow this folder.
const copy = join(source, "node_modules", "@platform", "sdk-expo");
for (const place of existsSync(copy) ? [installed, copy] : [installed]) {
  rmSync(place, { recursive: true, force: true });
  packed[0].files.forEach(({ path }) => cpSync(join(root, path), join(place, path)));
}
writeFileSync(join(example, "metro.config.js"), METRO);
const { dependencies } = JSON.parse(readFileSync(join(example, "package.json"), "utf8"));
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
for (const [name, version] of Object.entries(dependencies)) {
  if (name !== "@platform/sdk-expo" && devDependencies[name] !== version) {
    throw new Error(`examples/expo wants ${name} ${version}, and this package tests with ${devDependencies[name]}.`);
  }
}
