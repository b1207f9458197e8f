// The listener of a Node app.
import { type EventListener, hearing } from "./event";

export { type EventListener, LoopEvent } from "./event";

/** The listener as the core calls it. Never throws. @internal */
export function eventHook(listener: EventListener): (event: string) => void {
  return hearing(listener, (sentence) => process.emitWarning(sentence, { code: "LOOP_ON_EVENT" }));
}
