// Builds the native addon with cargo and puts it where the package looks for it. `--release` for a small, fast one.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const { platform, arch } = process;
const profile = process.argv.includes("--release") ? "release" : "debug";
const cargo = ["build", "--package", "loop-sdk-node", "--message-format", "json-render-diagnostics"];
if (profile === "release") {
  cargo.push("--release");
}
const output = execFileSync("cargo", cargo, {
  cwd: here,
  encoding: "utf8",
  maxBuffer: 1 << 28,
  stdio: ["ignore", "pipe", "inherit"],
});
// Cargo says itself where it put the library: whatever its target directory, target and file name.
const artifact = output
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line))
  .findLast((message) => message.reason === "compiler-artifact" && message.target.name === "loop_sdk_node");
const musl = process.report.getReport().header.glibcVersionRuntime === undefined;
const target = platform === "linux" ? `${platform}-${arch}-${musl ? "musl" : "gnu"}` : `${platform}-${arch}`;
const addon = join(here, "native", `loop-sdk.${target}.node`);
mkdirSync(dirname(addon), { recursive: true });
// Renamed into place: writing over a library that a running Node has loaded would crash it.
copyFileSync(artifact.filenames[0], `${addon}.new`);
renameSync(`${addon}.new`, addon);
console.log(`built native/loop-sdk.${target}.node (${profile})`);
