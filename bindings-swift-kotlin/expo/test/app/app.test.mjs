// The example as an app that installed the package: types, what prebuild writes, bundles. Needs no network.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

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

test("autolinking finds the native module on both platforms", async () => {
  const autolinking = join(root, "node_modules", "expo-modules-autolinking", "bin", "expo-modules-autolinking.js");
  for (const [platform, named] of [
    ["apple", "LoopSdkModule"],
    ["android", "health.loop.expo.LoopSdkModule"],
  ]) {
    const { modules } = JSON.parse(await run(autolinking, "resolve", "--platform", platform, "--json"));
    const ours = modules.find(({ packageName }) => packageName === "@platform/sdk-expo");
    assert.equal(JSON.stringify(ours).includes(named), true, JSON.stringify(ours));
  }
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
