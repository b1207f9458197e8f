// The provider and the hook: redirects that start the app, and one client for the whole app.
import { type ReactElement, StrictMode } from "react";
import { act } from "react-test-renderer";
import { DeviceClient } from "../../src/client";
import { type Loop, LoopProvider, useLoop } from "../../src/provider";
import type { AuditEntry, AuditLog } from "../../src/shared/audit";
import { Double } from "./double";
import { device, links, render, states, unmount } from "./setup";

let mockNative: Double | null = null;
jest.mock("expo", () => ({ ...jest.requireActual("expo"), requireOptionalNativeModule: () => mockNative }));

const options = { clientId: "client_1", redirectUri: "loop-example://callback" };
let loop: Loop;

function Probe(): null {
  loop = useLoop();
  return null;
}

async function over(native: Double): Promise<DeviceClient> {
  const client = new DeviceClient(native, options);
  await render(
    <StrictMode>
      <LoopProvider client={client}>
        <Probe />
      </LoopProvider>
    </StrictMode>,
  );
  return client;
}

/** Each test has a URL of its own: the app handles one once for as long as it lives. */
let last = 0;
const redirect = (): string => `loop-example://callback?code=c${(last += 1)}&state=s`;

afterEach(async () => {
  mockNative = null;
  await unmount();
});

test("a sign-in whose app was killed goes on from the URL that started the app, once", async () => {
  const url = redirect();
  device(url);
  const native = new Double();
  await over(native);
  expect(loop.status).toBe("connected");
  expect(loop.userId).toBe("user_1");
  const handled = native.asked.filter(({ method }) => method === "handle_callback");
  expect(handled.map(({ args }) => args["urlOrQuery"])).toEqual([url]);
});

test("a redirect that arrives while the app runs is handled, and other links are left alone", async () => {
  device();
  const native = new Double();
  await over(native);
  await act(async () => links.forEach((open) => open({ url: "loop-example://settings" })));
  expect(native.methods()).not.toContain("handle_callback");
  const url = redirect();
  await act(async () => links.forEach((open) => open({ url })));
  await act(async () => links.forEach((open) => open({ url })));
  expect(native.methods().filter((method) => method === "handle_callback")).toHaveLength(1);
  expect(loop.status).toBe("connected");
});

test("a redirect that Android kept for the app is handled at the start, and when the app comes back", async () => {
  device();
  const native = new Double();
  native.pending = redirect();
  await over(native);
  expect(loop.status).toBe("connected");
  native.pending = redirect();
  await act(async () => states.forEach((tell) => tell("active")));
  expect(native.methods().filter((method) => method === "handle_callback")).toHaveLength(2);
});

test("nothing listens after the provider is gone", async () => {
  device();
  await over(new Double());
  expect([links.length, states.length]).toEqual([1, 1]);
  await unmount();
  expect([links.length, states.length]).toEqual([0, 0]);
});

test("without a native part there is no client, and the error says what to do", async () => {
  device();
  await render(
    <LoopProvider options={options}>
      <Probe />
    </LoopProvider>,
  );
  expect([loop.client, loop.status, loop.error?.code]).toEqual([null, "unknown", "native_module_missing"]);
  await act(async () => {
    expect(await loop.signIn()).toBeNull();
  });
});

const withOptions = (more: object): ReactElement => (
  <StrictMode>
    <LoopProvider options={{ ...options, ...more }}>
      <Probe />
    </LoopProvider>
  </StrictMode>
);

test("an unknown option is named, also one that is a function", async () => {
  device();
  for (const more of [{ clientID: "c" }, { onevent: () => undefined }]) {
    mockNative = new Double();
    await render(withOptions(more));
    const [name] = Object.keys(more);
    expect([loop.client, loop.error?.code, loop.error?.detail]).toEqual([null, "invalid_option", name]);
    expect(loop.error?.message).toContain(`\`${name}\` is not known here; known are \`clientId\``);
    await unmount();
  }
});

test("the newest listener of the options hears of each event, and a new listener makes no new client", async () => {
  device();
  mockNative = new Double();
  const native = mockNative;
  const heard: string[] = [];
  const listening = (name: string): object => ({ scopes: "openid", onEvent: ({ kind }: { kind: string }) => heard.push(`${name} ${kind}`) });
  const screen = await render(withOptions(listening("first")));
  const { client } = loop;
  native.happens("waiting");
  await act(async () => screen.update(withOptions(listening("second"))));
  expect(loop.client).toBe(client);
  native.happens("refreshed");
  await unmount();
  native.happens("ended");
  expect(heard).toEqual(["first waiting", "second refreshed"]);
  expect(native.options["onEvent"]).toBeUndefined();
  expect(native.listeners).toHaveLength(1);
});

test("the newest audit log of the options records, a function or a logger, and makes no new client", async () => {
  device();
  mockNative = new Double();
  const native = mockNative;
  const kept: string[] = [];
  const recording = (name: string) => (entry: AuditEntry) => kept.push(`${name} ${entry.operation} ${entry.userId}`);
  const audited = (auditLog: AuditLog) => withOptions({ scopes: "audit", auditLog });
  const screen = await render(audited(recording("first")));
  const { client } = loop;
  await act(async () => native.records("e1"));
  await act(async () => screen.update(audited({ info: recording("second") })));
  expect(loop.client).toBe(client);
  await act(async () => native.records("e2"));
  // A call that is still under way when the provider goes is recorded, too.
  await unmount();
  await act(async () => native.records("e3"));
  expect(kept).toEqual(["first", "second", "second"].map((name) => `${name} clinical.list_biomarkers user_1`));
  expect(native.recorded.mock.calls).toEqual([["e1", null], ["e2", null], ["e3", null]]);
  expect(native.options).toMatchObject({ clientId: "client_1" });
  expect(native.options["auditLog"]).toBeUndefined();
});

test("an audit log that can't record is an error, and a file's path is for the native part", async () => {
  device();
  mockNative = new Double();
  await render(withOptions({ scopes: "wrong", auditLog: { log: () => undefined } }));
  expect([loop.client, loop.error?.code, loop.error?.detail]).toEqual([null, "invalid_option", "auditLog"]);
  await unmount();
  await render(withOptions({ scopes: "file", auditLog: "file:///data/audit%20log.jsonl" }));
  expect(mockNative.options["auditLog"]).toBe("/data/audit log.jsonl");
  expect(mockNative.recorders).toHaveLength(0);
});

test("the hook without a provider says what is missing", async () => {
  device();
  const quiet = jest.spyOn(console, "error").mockImplementation(() => undefined);
  await expect(render(<Probe />)).rejects.toThrow("useLoop needs a <LoopProvider> above it.");
  quiet.mockRestore();
});
