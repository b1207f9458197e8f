// What `npx expo-doctor` looks at and can be seen without a network: `node scripts/doctor.mjs [APP]`. It says what is wrong,
// one line each, and exits with 1. Autolinking, the config with its plugins, versions, peers, packages that are there twice.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import semver from "semver";

const OURS = "@platform/sdk-expo";

/** A second copy of one of these has a state of its own, and hooks or native modules of the other one are not found. */
const ONCE = ["react", "react-native", "expo", "expo-modules-core", OURS];

const json = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Everything that is wrong with an app that uses this package. */
export async function problems(app) {
  const require = createRequire(join(app, "package.json"));
  const found = await Promise.all([config(app, require), autolinking(app, require)]);
  return [...found.flat(), ...classes(app, require), ...versions(app, require), ...peers(app, require), ...twice(app)];
}

/** A package's folder, also of one whose `exports` hide its package.json. */
function folderOf(name, require) {
  return require.resolve
    .paths(name)
    .map((modules) => join(modules, name))
    .find((folder) => existsSync(join(folder, "package.json")));
}

async function run(app, program, ...args) {
  const env = { ...process.env, CI: "1", EXPO_OFFLINE: "1", EXPO_NO_TELEMETRY: "1" };
  const options = { cwd: app, env, maxBuffer: 2 ** 26 };
  return JSON.parse((await promisify(execFile)(process.execPath, [program, ...args], options)).stdout);
}

/** The config resolves, in both of Expo's forms, and the plugin has done its work. */
async function config(app, require) {
  const expo = join(folderOf("expo", require), "bin", "cli");
  const shown = await run(app, expo, "config", "--type", "public", "--json");
  const plugin = (shown.plugins ?? []).find((each) => [each].flat()[0] === OURS);
  if (plugin === undefined) {
    return [`app.json names no plugin ${OURS}`];
  }
  const wrong = [];
  if (shown.sdkVersion?.split(".")[0] !== json(join(folderOf("expo", require), "package.json")).version.split(".")[0]) {
    wrong.push(`the config is for SDK ${shown.sdkVersion}, which is not the installed one`);
  }
  const { scheme } = [plugin].flat()[1] ?? {};
  const { ios } = await run(app, expo, "config", "--type", "introspect", "--json");
  const schemes = (ios?.infoPlist?.CFBundleURLTypes ?? []).flatMap((type) => type.CFBundleURLSchemes);
  if (scheme !== undefined && !schemes.includes(scheme)) {
    wrong.push(`the plugin did not give the scheme ${scheme} to iOS`);
  }
  return wrong;
}

/** Expo finds the native module on both platforms, and no native package twice. */
async function autolinking(app, require) {
  const cli = join(folderOf("expo-modules-autolinking", createRequire(join(folderOf("expo", require), "x"))), "bin");
  const ask = (...args) => run(app, join(cli, "expo-modules-autolinking.js"), ...args, "--json");
  const [verified, apple, android] = await Promise.all([
    ask("verify", "--platform", "native"),
    ask("resolve", "--platform", "apple"),
    ask("resolve", "--platform", "android"),
  ]);
  const wrong = verified.dependencies
    .filter(({ duplicates }) => duplicates?.length > 0)
    .map(({ name }) => `autolinking finds ${name} more than once`);
  const own = json(join(folderOf(OURS, require), "expo-module.config.json"));
  const pods = apple.modules.find(({ packageName }) => packageName === OURS);
  const linked = (pods?.modules ?? []).map((module) => module.class);
  wrong.push(...own.apple.modules.filter((name) => !linked.includes(name)).map((name) => `iOS does not link ${name}`));
  for (const { podName, podspecDir } of pods?.pods ?? []) {
    if (!existsSync(join(podspecDir, `${podName}.podspec`))) wrong.push(`iOS misses ${podName}.podspec`);
  }
  const imported = pods?.swiftModuleNames ?? [];
  if (imported.join() !== own.apple.swiftModuleName) wrong.push(`iOS looks for the modules in ${imported.join(" and ")}`);
  const { projects = [] } = android.modules.find(({ packageName }) => packageName === OURS) ?? {};
  const classes = projects.flatMap(({ modules }) => modules.map(({ classifier }) => classifier));
  wrong.push(...own.android.modules.filter((name) => !classes.includes(name)).map((name) => `Android does not link ${name}`));
  for (const { sourceDir } of projects) {
    if (!existsSync(join(sourceDir, "build.gradle"))) wrong.push(`Android misses ${sourceDir}/build.gradle`);
  }
  return wrong;
}

/** The classes that autolinking names are in the sources, and have the name that the JavaScript asks for. */
function classes(app, require) {
  const root = folderOf(OURS, require);
  const own = json(join(root, "expo-module.config.json"));
  const asked = /requireOptionalNativeModule\)?\("(\w+)"\)/.exec(readFileSync(join(root, "lib", "loop-native.js"), "utf8"))?.[1];
  const wrong = [];
  const look = (name, path, declared) => {
    const source = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
    if (!declared.test(source)) wrong.push(`${path} does not declare ${name}`);
    else if (/\bName\("(\w+)"\)/.exec(source)?.[1] !== asked) wrong.push(`${path} is not the module ${asked} of the JavaScript`);
  };
  for (const name of own.apple.modules) {
    look(name, join("ios", `${name}.swift`), new RegExp(`public (final )?class ${name}: Module\\b`));
  }
  for (const name of own.android.modules) {
    const [simple, folder] = [name.split(".").at(-1), name.split(".").slice(0, -1)];
    const path = join("android", "src", "main", "java", ...folder, `${simple}.kt`);
    look(name, path, new RegExp(`^package ${folder.join("\\.")}\\n(?:.*\\n)*class ${simple} : Module\\(\\)`, "m"));
  }
  return wrong;
}

/** What the app installs is what this version of Expo was made with. */
function versions(app, require) {
  const wanted = json(join(folderOf("expo", require), "bundledNativeModules.json"));
  const { dependencies, devDependencies } = json(join(app, "package.json"));
  const wrong = [];
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    const folder = folderOf(name, require);
    const version = folder && json(join(folder, "package.json")).version;
    if (version === undefined) wrong.push(`${name} is not installed`);
    else if (wanted[name] && !semver.satisfies(version, wanted[name])) wrong.push(`${name} is ${version}, and Expo wants ${wanted[name]}`);
  }
  return wrong;
}

/** What the app's packages want beside themselves is there. */
function peers(app, require) {
  const { dependencies } = json(join(app, "package.json"));
  const wrong = [];
  for (const name of Object.keys(dependencies)) {
    const folder = folderOf(name, require);
    const { peerDependencies = {}, peerDependenciesMeta = {} } = folder ? json(join(folder, "package.json")) : {};
    for (const [peer, range] of Object.entries(peerDependencies)) {
      const there = folderOf(peer, require);
      const version = there && json(join(there, "package.json")).version;
      if (version === undefined && !peerDependenciesMeta[peer]?.optional) wrong.push(`${name} wants ${peer}, which is not installed`);
      if (version !== undefined && !semver.satisfies(version, range)) wrong.push(`${name} wants ${peer} ${range}, and not ${version}`);
    }
  }
  return wrong;
}

/** Packages that may be there once only, below the app and where it looks above itself. */
function twice(app) {
  const found = new Map(ONCE.map((name) => [name, new Set()]));
  const walk = (modules) => {
    for (const name of ONCE) {
      if (existsSync(join(modules, name, "package.json"))) found.get(name).add(realpathSync(join(modules, name)));
    }
    for (const folder of packagesIn(modules)) {
      const inner = join(folder, "node_modules");
      if (existsSync(inner)) walk(inner);
    }
  };
  for (let folder = app; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules"))) walk(join(folder, "node_modules"));
  }
  return [...found].filter(([, places]) => places.size > 1).map(([name, places]) => `${name} is installed ${places.size} times`);
}

function packagesIn(modules) {
  const folders = (path) => readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders(modules).flatMap(({ name }) => {
    const path = join(modules, name);
    return name.startsWith("@") ? folders(path).map((inner) => join(path, inner.name)) : [path];
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const found = await problems(resolve(process.argv[2] ?? "."));
  found.forEach((line) => console.error(line));
  process.exitCode = found.length === 0 ? 0 : 1;
}
