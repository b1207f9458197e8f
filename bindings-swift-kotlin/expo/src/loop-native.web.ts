// In a browser there is no native part.
import type { LoopNative } from "./native";
import { ownError } from "./shared/errors";

/** Says that there is none. @internal */
export function loopNative(): LoopNative {
  throw ownError(
    "unsupported_platform",
    "Loop SDK for Expo runs on iOS and Android. For a browser, sign people in on your server, with `@platform/sdk`.",
  );
}
