// Puts the Swift package into ios/vendor/, where the pods take it from: what npm publishes needs nothing beside itself.
//
// `--release` refuses to go on without the native library, LoopFFI.xcframework, which needs a Mac:
// `../swift/scripts/xcframework.sh` builds it, and LOOP_XCFRAMEWORK names another place.
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const swift = join(root, "..", "swift");
const HEADER = "LoopFFI.h";

/** A phone, and its simulator on both kinds of Mac, as Xcode names them. */
const SLICES = ["ios-arm64", "ios-arm64_x86_64-simulator"];

export function vendor({ out = join(root, "ios", "vendor"), archive = join(swift, "build", "LoopFFI.xcframework"), release = false } = {}) {
  rmSync(out, { recursive: true, force: true });
  for (const target of ["LoopSDK", "LoopNative"]) {
    cpSync(join(swift, "Sources", target), join(out, target), { recursive: true });
  }
  if (existsSync(archive)) {
    check(archive);
    cpSync(archive, join(out, "LoopFFI.xcframework"), { recursive: true });
  } else if (release) {
    throw new Error(`${archive} is missing: bindings-swift-kotlin/swift/scripts/xcframework.sh builds it, on a Mac.`);
  }
}

/** A library of another day than the Swift that calls it would crash the app. */
function check(archive) {
  const expected = readFileSync(join(swift, "Sources", "LoopFFI", "include", HEADER), "utf8");
  const missing = SLICES.find((slice) => !readdirSync(archive).includes(slice));
  if (missing !== undefined) {
    throw new Error(`${archive} has nothing for ${missing}: build it again with xcframework.sh.`);
  }
  for (const slice of SLICES) {
    const header = join(archive, slice, "Headers", HEADER);
    if (!existsSync(header) || readFileSync(header, "utf8") !== expected) {
      throw new Error(`${header} is not that of this checkout: build it again with xcframework.sh.`);
    }
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const archive = process.env.LOOP_XCFRAMEWORK;
  vendor({ release: process.argv.includes("--release"), ...(archive ? { archive } : {}) });
}
