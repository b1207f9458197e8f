// The config plugin: what `npx expo prebuild` adds to an app for a sign-in that comes back.
const { createRunOncePlugin } = require("expo/config-plugins");
const { version } = require("../package.json");
const { withAndroidDev, withAndroidMinSdk, withAndroidScheme } = require("./android");
const { withIosDev, withIosScheme } = require("./ios");

/**
 * @param {import("expo/config").ExpoConfig} config
 * @param {{ scheme?: string, dev?: boolean }} [options] `scheme` is the scheme of the redirect URI, without colon. `dev`
 *   permits plain HTTP to this machine, where the sandbox is, in debug builds.
 */
function withLoop(config, options = {}) {
  const { scheme, dev = false } = options;
  if (scheme !== undefined) {
    checkScheme(scheme, config);
    config = withIosScheme(withAndroidScheme(config, scheme), scheme);
  }
  if (dev) {
    config = withIosDev(withAndroidDev(config));
  }
  return withAndroidMinSdk(config);
}

/** On Android two activities with one scheme make the system ask the person, in the middle of a sign-in. */
function checkScheme(scheme, config) {
  if (typeof scheme !== "string" || !/^[a-z][a-z0-9+.-]*$/.test(scheme)) {
    throw new Error("@platform/sdk-expo: `scheme` must be a URL scheme in lower case, for instance `your-app-loop`.");
  }
  if (scheme === "http" || scheme === "https") {
    throw new Error(
      "@platform/sdk-expo: leave `scheme` out for a redirect URI with https, and claim the link with " +
        "`ios.associatedDomains` and `android.intentFilters`.",
    );
  }
  const taken = [config.scheme, config.android?.scheme, config.android?.package].flat();
  if (taken.includes(scheme)) {
    throw new Error(
      `@platform/sdk-expo: \`${scheme}\` is already the app's own scheme; give Loop's redirect one of its own, for ` +
        "instance `your-app-loop`.",
    );
  }
}

module.exports = createRunOncePlugin(withLoop, "@platform/sdk-expo", version);
