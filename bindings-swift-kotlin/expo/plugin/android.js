// What the plugin changes in an Android project.
const { mkdirSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const {
  AndroidConfig,
  CodeGenerator,
  withAppBuildGradle,
  withDangerousMod,
  withGradleProperties,
} = require("expo/config-plugins");

/** The Kotlin package needs `java.time`. */
const MIN_SDK = 26;

/** Source sets of builds that are never published. */
const DEBUG_BUILDS = ["debug", "debugOptimized"];

const NETWORK = `<?xml version="1.0" encoding="utf-8"?>
<!-- Written by @platform/sdk-expo: the sandbox is on this machine, and speaks plain HTTP. Debug builds only. -->
<network-security-config>
    BASE<domain-config cleartextTrafficPermitted="true">
        <domain includeSubdomains="false">localhost</domain>
        <domain includeSubdomains="false">127.0.0.1</domain>
    </domain-config>
</network-security-config>
`;

/** Gives the SDK's redirect activity its scheme. */
function withAndroidScheme(config, scheme) {
  return withAppBuildGradle(config, (mod) => {
    mod.modResults.contents = CodeGenerator.mergeContents({
      tag: "@platform/sdk-expo",
      src: mod.modResults.contents,
      newSrc: `        manifestPlaceholders["loopRedirectScheme"] = "${scheme}"`,
      anchor: /defaultConfig\s*\{/,
      offset: 1,
      comment: "//",
    }).contents;
    return mod;
  });
}

function withAndroidMinSdk(config) {
  return withGradleProperties(config, (mod) => {
    const name = "android.minSdkVersion";
    const known = mod.modResults.find((line) => line.type === "property" && line.key === name);
    if (known === undefined) {
      mod.modResults.push({ type: "property", key: name, value: String(MIN_SDK) });
    } else if (Number(known.value) < MIN_SDK) {
      known.value = String(MIN_SDK);
    }
    return mod;
  });
}

function withAndroidDev(config) {
  return withDangerousMod(config, [
    "android",
    async (mod) => {
      const app = join(mod.modRequest.platformProjectRoot, "app", "src");
      for (const build of DEBUG_BUILDS) {
        await permitCleartext(join(app, build));
      }
      return mod;
    },
  ]);
}

async function permitCleartext(sources) {
  const path = join(sources, "AndroidManifest.xml");
  const { readAndroidManifestAsync, writeAndroidManifestAsync } = AndroidConfig.Manifest;
  const manifest = await readAndroidManifestAsync(path).catch(() => ({
    manifest: { $: { "xmlns:android": "http://schemas.android.com/apk/res/android" } },
  }));
  manifest.manifest.application ??= [{ $: {} }];
  const attributes = (manifest.manifest.application[0].$ ??= {});
  // A network configuration takes the place of this attribute, by which React Native's debug builds reach their server.
  const isOpen = attributes["android:usesCleartextTraffic"] === "true";
  const base = isOpen ? '<base-config cleartextTrafficPermitted="true" />\n    ' : "";
  attributes["android:networkSecurityConfig"] = "@xml/loop_debug_network";
  manifest.manifest.$["xmlns:tools"] = "http://schemas.android.com/tools";
  const replaced = (attributes["tools:replace"] ?? "").split(",").filter(Boolean);
  attributes["tools:replace"] = [...new Set([...replaced, "android:networkSecurityConfig"])].join(",");
  const resource = join(sources, "res", "xml", "loop_debug_network.xml");
  mkdirSync(dirname(resource), { recursive: true });
  writeFileSync(resource, NETWORK.replace("BASE", base));
  await writeAndroidManifestAsync(path, manifest);
}

module.exports = { withAndroidDev, withAndroidMinSdk, withAndroidScheme };
