// Keeps Node up while the SDK has something to finish that no call waits for: a refresh under way, tokens not saved.
import { native } from "./native";

let waiting = false;
let again = false;

/** Holds the event loop until the core has nothing left to finish. For after a reply that says it has. @internal */
export function stayUp(): void {
  if (waiting) {
    // The wait that stands may be nearly over.
    again = true;
    return;
  }
  waiting = true;
  again = false;
  native()
    .idle()
    .finally(() => {
      waiting = false;
      if (again) {
        stayUp();
      }
    });
}
