// The example's screens, with the package's components, over a double of the native part.
import { act, type ReactTestRenderer } from "react-test-renderer";
import App, { Home } from "../../.example/App";
import { LoopClient, LoopProvider } from "../../src";
import { Double, failed } from "./double";
import { device, press, render, states, text, unmount } from "./setup";

let mockNative: Double | null = null;
jest.mock("expo", () => ({
  ...jest.requireActual("expo"),
  requireOptionalNativeModule: (name: string) => (name === "LoopSdk" ? mockNative : null),
}));

/** A fresh start of the app: what `App` does, with a client of this test's own. */
async function start(native: Double): Promise<ReactTestRenderer> {
  mockNative = native;
  const client = new LoopClient({ clientId: "client_1", redirectUri: "loop-example://callback" });
  return render(
    <LoopProvider client={client}>
      <Home />
    </LoopProvider>,
  );
}

beforeEach(() => device());
afterEach(unmount);

test("a person connects, sees their biomarkers, and signs out", async () => {
  const native = new Double();
  const screen = await start(native);
  expect(text(screen)).toContain("Connect with Loop");
  await press(screen, "Connect with Loop");
  expect(text(screen)).toContain("LDL cholesterol");
  expect(text(screen)).toContain("131.5 mg/dL · high");
  expect(text(screen)).not.toContain("Connect with Loop");
  await press(screen, "Sign out");
  expect(text(screen)).toContain("Connect with Loop");
  expect(native.methods()).toEqual(["status", "sign_in", "clinical.list_biomarkers", "revoke", "status"]);
});

test("a person who is connected sees their biomarkers at once", async () => {
  const native = new Double();
  native.connected = true;
  expect(text(await start(native))).toContain("LDL cholesterol");
});

test("what fails is said on the screen, and the next try forgets it", async () => {
  const native = new Double();
  native.replies["sign_in"] = () => failed("access_denied", "sign_in_again", "You clicked Deny.");
  const screen = await start(native);
  await press(screen, "Connect with Loop");
  expect(text(screen)).toContain("You clicked Deny.");
  delete native.replies["sign_in"];
  await press(screen, "Connect with Loop");
  expect(text(screen)).not.toContain("You clicked Deny.");
  expect(text(screen)).toContain("LDL cholesterol");
});

test("in Expo Go the screen says what to do", async () => {
  mockNative = null;
  const screen = await render(<App />);
  expect(text(screen)).toContain("npx expo run:ios");
  expect(text(screen)).toContain("npx expo run:android");
});

test("a grant that ended elsewhere shows when the app comes back", async () => {
  const native = new Double();
  native.connected = true;
  const screen = await start(native);
  native.connected = false;
  await act(async () => states.forEach((tell) => tell("active")));
  expect(text(screen)).toContain("Connect with Loop");
});
