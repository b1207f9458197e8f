// The example as an app that installed the package: types, what prebuild writes, bundles. Needs no network.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { problems } from "../../scripts/doctor.mjs";
import { vendor } from "../../scripts/vendor.mjs";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));
const example = join(root, ".example");
const env = { ...process.env, CI: "1", EXPO_OFFLINE: "1", EXPO_NO_TELEMETRY: "1" };

async function run(program, ...args) {
  const options = { cwd: example, env, maxBuffer: 2 ** 26 };
  const ended = await promisify(execFile)(process.execPath, [program, ...args], options).catch((error) => {
    throw new Error(`${program} ${args.join(" ")}\n${error.stdout}\n${error.stderr}`);
  });
  return ended.stdout;
}

const tool = (name) => join(root, "node_modules", ".bin", name);
const read = (...path) => readFileSync(join(example, ...path), "utf8");

before(() => run(join(root, "scripts", "example.mjs")));

test("the example and the guide's code compile against the published types", async () => {
  const guide = readFileSync(join(root, "..", "..", "docs", "src", "quickstart-expo.md"), "utf8");
  const blocks = [...guide.matchAll(/```(tsx?)\n(.*?)```/gs)];
  assert.equal(blocks.length >= 2, true);
  blocks.forEach(([, kind, code], index) => writeFileSync(join(example, `guide-${index}.${kind}`), code));
  await run(tool("tsc"), "-p", ".", "--noEmit");
});

test("the example that npm ci installs has nothing that expo-doctor would find", async () => {
  const app = join(root, "..", "..", "examples", "expo");
  assert.equal(existsSync(join(app, "node_modules")), true, "npm ci in examples/expo comes first");
  assert.deepEqual(await problems(app), []);
});

test("what expo-doctor would find is found, each by itself", async () => {
  assert.deepEqual(await problems(example), []);
  const own = join(example, "node_modules", "@platform", "sdk-expo");
  const edits = [
    [join(example, "app.json"), /"@platform\/sdk-expo"/, '"expo-asset"', ["app.json names no plugin @platform/sdk-expo"]],
    [join(own, "plugin", "with-loop.js"), "withIosScheme(withAndroidScheme(config, scheme), scheme)", "config", ["the plugin did not give the scheme loop-example to iOS"]],
    [join(own, "expo-module.config.json"), '"platforms": ["apple", "android"]', '"platforms": ["apple"]', ["Android does not link health.loop.expo.LoopSdkModule"]],
    [join(own, "expo-module.config.json"), '["LoopSdkModule"]', '["LoopModule"]', ["ios/LoopModule.swift does not declare LoopModule"]],
    [join(own, "expo-module.config.json"), '"ios/LoopSDK.podspec"', '"ios/Other.podspec"', ["iOS misses Other.podspec"]],
    [join(own, "ios", "LoopSdkModule.swift"), "LoopSdkModule: Module", "LoopSdkModule: Other", ["ios/LoopSdkModule.swift does not declare LoopSdkModule"]],
    [join(own, "android/src/main/java/health/loop/expo/LoopSdkModule.kt"), 'Name("LoopSdk")', 'Name("Loop")', ["android/src/main/java/health/loop/expo/LoopSdkModule.kt is not the module LoopSdk of the JavaScript"]],
    [join(own, "package.json"), '"expo": ">=56"', '"expo": ">=99"', ["@platform/sdk-expo wants expo >=99, and not 56.0.23"]],
    [join(own, "package.json"), '"react": ">=19"', '"react": ">=19", "no-such-package": "*"', ["@platform/sdk-expo wants no-such-package, which is not installed"]],
    [join(example, "package.json"), '"dependencies": {', '"dependencies": { "no-such-package": "1.0.0",', ["no-such-package is not installed"]],
  ];
  for (const [path, from, to, expected] of edits) {
    const before = readFileSync(path, "utf8");
    const after = before.replace(from, to);
    assert.notEqual(after, before, `${path}: ${from}`);
    writeFileSync(path, after);
    const found = await problems(example).finally(() => writeFileSync(path, before));
    assert.deepEqual(found, expected, path);
  }
  for (const name of ["react", "expo-modules-core"]) {
    const second = join(own, "node_modules");
    cpSync(join(root, "node_modules", name, "package.json"), join(second, name, "package.json"));
    const found = await problems(example).finally(() => rmSync(second, { recursive: true }));
    assert.equal(found.includes(`${name} is installed 2 times`), true, found.join("\n"));
  }
  const wrong = join(example, "node_modules", "react-native-web");
  cpSync(join(root, "node_modules", "react-native-web", "package.json"), join(wrong, "package.json"));
  writeFileSync(join(wrong, "package.json"), JSON.stringify({ name: "react-native-web", version: "0.20.0" }));
  const found = await problems(example).finally(() => rmSync(wrong, { recursive: true }));
  assert.deepEqual(found, ["react-native-web is 0.20.0, and Expo wants ~0.21.0"]);
});

test("prebuild gives the redirect its scheme, and cleartext to debug builds alone, once", async () => {
  for (const round of [1, 2]) {
    await run(tool("expo"), "prebuild", "--no-install", "--platform", "android");
    await run(tool("expo"), "prebuild", "--no-install", "--platform", "ios");

    const gradle = read("android", "app", "build.gradle");
    assert.equal(gradle.split('manifestPlaceholders["loopRedirectScheme"] = "loop-example"').length, 2, `round ${round}`);
    assert.match(read("android", "gradle.properties"), /^android\.minSdkVersion=26$/m);
    const debug = read("android", "app", "src", "debug", "AndroidManifest.xml");
    assert.match(debug, /android:networkSecurityConfig="@xml\/loop_debug_network"/);
    assert.match(debug, /tools:replace="android:usesCleartextTraffic,android:networkSecurityConfig"/);
    assert.match(read("android", "app", "src", "debug", "res", "xml", "loop_debug_network.xml"), />localhost</);
    const main = read("android", "app", "src", "main", "AndroidManifest.xml");
    // Two activities with one scheme would make Android ask.
    assert.equal(/loop-example|networkSecurityConfig/.test(main), false);
    assert.equal(existsSync(join(example, "android", "app", "src", "main", "res", "xml", "loop_debug_network.xml")), false);

    const [project] = readdirSync(join(example, "ios")).filter((name) => name.endsWith(".xcodeproj"));
    const name = project.replace(".xcodeproj", "");
    assert.equal(read("ios", name, "Info.plist").split("<string>loop-example</string>").length, 2, `round ${round}`);
    const pbxproj = read("ios", project, "project.pbxproj");
    const phases = pbxproj.match(/name = "\[Loop\] Local networking in debug builds"/g);
    assert.equal(phases.length, 1, `round ${round}`);
    assert.match(pbxproj, /\$CONFIGURATION\\" = \\"Debug\\" \] \|\| exit 0/);
  }
});

test("a scheme that can't work is refused when the app is configured", () => {
  const plugin = require(join(example, "node_modules", "@platform", "sdk-expo", "app.plugin.js"));
  const app = (more) => ({ name: "app", slug: "app", ...more });
  assert.throws(() => plugin(app({ scheme: "mine" }), { scheme: "mine" }), /already the app's own scheme/);
  assert.throws(() => plugin(app({ android: { package: "com.mine" } }), { scheme: "com.mine" }), /one of its own/);
  assert.throws(() => plugin(app({}), { scheme: "https" }), /leave `scheme` out/);
  assert.throws(() => plugin(app({}), { scheme: "Mine:" }), /lower case/);
  assert.equal(plugin(app({}), {}).name, "app");
});

test("what npm publishes holds all that an app needs for both platforms", () => {
  const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" }));
  const files = packed[0].files.map(({ path }) => path);
  const swift = join(root, "..", "swift", "Sources");
  for (const target of ["LoopSDK", "LoopNative"]) {
    const sources = readdirSync(join(swift, target), { recursive: true }).filter((name) => name.endsWith(".swift"));
    assert.equal(sources.length > 0, true, target);
    for (const name of sources) {
      const path = join("ios", "vendor", target, name);
      assert.equal(files.includes(path), true, path);
      assert.equal(readFileSync(join(root, path), "utf8"), readFileSync(join(swift, target, name), "utf8"), path);
    }
  }
  const { apple } = JSON.parse(readFileSync(join(root, "expo-module.config.json"), "utf8"));
  for (const path of apple.podspecPath) {
    assert.equal(files.includes(path), true, path);
    const pod = readFileSync(join(root, path), "utf8");
    // Every folder that a pod takes its files from is in the package, or is the library that a release adds.
    const [, from] = /source_files += '(?:vendor\/(\w+)\/)?(?:\*\*\/)?\*\.swift'/.exec(pod);
    const folder = from === undefined ? "ios/" : `ios/vendor/${from}/`;
    assert.equal(files.some((name) => name.startsWith(folder) && name.endsWith(".swift")), true, path);
    assert.equal(/spm_dependency|https:(?!\/\/github\.com\/loop-health\/loop-sdk(\.git)?')/.test(pod), false, path);
  }
  // Android takes the Kotlin package by its Maven coordinate.
  const library = readFileSync(join(root, "..", "kotlin", "android", "build.gradle.kts"), "utf8");
  const word = (name) => new RegExp(`^\\s*${name} = "([^"]+)"`, "m").exec(library)[1];
  const coordinate = ["group", "artifactId", "version"].map(word).join(":");
  assert.equal(files.includes("android/build.gradle"), true);
  assert.equal(readFileSync(join(root, "android", "build.gradle"), "utf8").includes(`implementation "${coordinate}"`), true, coordinate);
  assert.equal(coordinate.endsWith(`:${packed[0].version}`), true, coordinate);
  assert.deepEqual(files.filter((name) => /check|pom\.xml|target|test|\.example/.test(name)), []);
});

test("a release has the native library in it, of the same day as the Swift that calls it", () => {
  const folder = mkdtempSync(join(tmpdir(), "loop-expo-"));
  after(() => rmSync(folder, { recursive: true }));
  const [archive, out] = [join(folder, "LoopFFI.xcframework"), join(folder, "vendor")];
  assert.throws(() => vendor({ archive, out, release: true }), /is missing: bindings-swift-kotlin\/swift\/scripts\/xcframework\.sh builds it/);
  const header = readFileSync(join(root, "..", "swift", "Sources", "LoopFFI", "include", "LoopFFI.h"), "utf8");
  const slice = (name, text) => {
    mkdirSync(join(archive, name, "Headers"), { recursive: true });
    writeFileSync(join(archive, name, "Headers", "LoopFFI.h"), text);
  };
  slice("ios-arm64", header);
  assert.throws(() => vendor({ archive, out }), /has nothing for ios-arm64_x86_64-simulator/);
  slice("ios-arm64_x86_64-simulator", `${header}// older`);
  assert.throws(() => vendor({ archive, out }), /is not that of this checkout/);
  slice("ios-arm64_x86_64-simulator", header);
  vendor({ archive, out, release: true });
  assert.equal(readFileSync(join(out, "LoopFFI.xcframework", "ios-arm64", "Headers", "LoopFFI.h"), "utf8"), header);
});

for (const platform of ["web", "android", "ios"]) {
  test(`the example bundles for ${platform}`, async () => {
    await run(tool("expo"), "export", "--platform", platform, "--output-dir", join("dist", platform));
    const { fileMetadata } = JSON.parse(read("dist", platform, "metadata.json"));
    if (platform === "web") {
      const folder = join("dist", "web", "_expo", "static", "js", "web");
      const [bundle] = readdirSync(join(example, folder)).filter((name) => name.endsWith(".js"));
      const code = read(folder, bundle);
      assert.equal(code.includes("unsupported_platform") && code.includes("Connect with Loop"), true);
      assert.equal(code.includes("requireOptionalNativeModule)(\"LoopSdk\")"), false);
    } else {
      // The sentence stands in Hermes' table of strings.
      const code = readFileSync(join(example, "dist", platform, fileMetadata[platform].bundle)).toString("latin1");
      assert.equal(code.includes("This app was built without Loop's native part"), true);
    }
  });
}
