// React Native's console shows no value, in the form that its compiler gives to the classes: it turns private fields
// into properties.
import { DeviceClient } from "../../src/client";
import { Double, failed } from "./double";

/** React Native's own console; it installs itself where there is a native one. */
function deviceConsole(): { console: Console; lines: string[] } {
  const lines: string[] = [];
  const [console, hook] = [global.console, global as { nativeLoggingHook?: (text: string) => void }];
  hook.nativeLoggingHook = (text) => lines.push(text);
  // It tells the console that it replaces, too.
  const silent = Object.fromEntries(Object.keys(console).map((name) => [name, () => undefined]));
  global.console = silent as unknown as Console;
  try {
    jest.isolateModules(() => require("@react-native/js-polyfills/console"));
    return { console: global.console, lines };
  } finally {
    global.console = console;
    delete hook.nativeLoggingHook;
  }
}

test("records, tokens, errors and clients are logged without their values", async () => {
  const native = new Double();
  native.replies["request"] = () => ({ value: { status: 200, request_id: "r", body: { marker: "LDL cholesterol" } } });
  native.replies["access_token"] = () => failed("grant_ended", "sign_in_again", "The grant is over.");
  const loop = new DeviceClient(native, { clientId: "client_1", redirectUri: "loop-example://callback" });
  const page = await loop.clinical.listBiomarkers();
  const error: unknown = await loop.accessToken().catch((reason: unknown) => reason);
  const values = {
    loop,
    user: loop.user("user_1"),
    page,
    record: page.items[0],
    tokens: await loop.signIn(),
    status: await loop.status(),
    response: await loop.request({ service: "clinical", path: "/" }),
    error,
  };
  const { console, lines } = deviceConsole();
  for (const [name, value] of Object.entries(values)) {
    const hook = global as { nativeLoggingHook?: (text: string) => void };
    hook.nativeLoggingHook = (text) => lines.push(text);
    console.log(value, { value });
    console.warn(`${value as string}`);
    delete hook.nativeLoggingHook;
    const logged = lines.splice(0);
    expect(logged).toHaveLength(2);
    for (const secret of ["LDL", "131.5", "user_1", "access-1", "client_1", "bm_1"]) {
      expect([name, logged.join("\n")]).toEqual([name, expect.not.stringContaining(secret)]);
    }
  }
  expect(JSON.stringify(page)).toContain("LDL cholesterol");
});
