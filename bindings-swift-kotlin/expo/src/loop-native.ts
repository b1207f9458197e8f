// Finds the native part in an app for iOS or Android.
import { requireOptionalNativeModule } from "expo";
import type { LoopNative } from "./native";
import { ownError } from "./shared/errors";

/** The app's native part; throws where the app was built without it. @internal */
export function loopNative(): LoopNative {
  const found = requireOptionalNativeModule<LoopNative>("LoopSdk");
  if (found === null) {
    throw ownError(
      "native_module_missing",
      "This app was built without Loop's native part, as Expo Go is. Make a build of your own: " +
        "`npx expo run:ios` or `npx expo run:android`.",
    );
  }
  return found;
}
