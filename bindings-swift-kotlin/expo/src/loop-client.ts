// The client of an app.
import { DeviceClient } from "./client";
import { loopNative } from "./loop-native";
import type { ClientOptions } from "./options";

/**
 * A client of Loop for the app on this device.
 *
 * ```ts
 * const loop = new LoopClient({ clientId: "…", redirectUri: "your-app:/callback", scopes: ["read:biomarkers"] });
 * await loop.signIn();
 * const biomarkers = await loop.clinical.listBiomarkers();
 * ```
 *
 * Every failure is a {@link LoopError}. One client serves the whole app; it needs no closing. In components,
 * {@link useLoop} has it.
 */
export class LoopClient extends DeviceClient {
  /** Checks every option; touches neither disk nor network. */
  constructor(options: ClientOptions) {
    super(loopNative(), options);
  }
}
