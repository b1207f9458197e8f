// Splits a client's options into what crosses to the core as JSON, and the application's own code.
import { ownError } from "./errors";
import { eventHook } from "./events";
import { hook, isObject, Thrown, WrongAnswer } from "./hook";
import { objectOf, seconds } from "./invoke";
import type { NativeHooks } from "./native";
import { checkStore, storeHook } from "./store";
import type { ClientOptions } from "./types";

/** Options as the core takes them. @internal */
export interface SplitOptions {
  plain: object;
  hooks: NativeHooks;
  thrown: Thrown;
}

/** @internal */
export function splitOptions(options: ClientOptions): SplitOptions {
  const { store, clientSecret, onEvent, ...plain } = objectOf(options, "options");
  const thrown = new Thrown();
  const hooks: NativeHooks = {};
  const rest: ClientOptions = plain;
  if (isObject(store)) {
    hooks.store = storeHook(checkStore(store), thrown);
    hooks.lists = store.list !== undefined;
  } else {
    rest.store = store;
  }
  if (typeof clientSecret === "function") {
    hooks.clientSecret = hook(thrown, async () => secrets(await clientSecret()));
  } else {
    rest.clientSecret = clientSecret;
  }
  if (typeof onEvent === "function") {
    hooks.onEvent = eventHook(onEvent);
  } else if (onEvent !== undefined && onEvent !== null) {
    throw ownError("invalid_option", "`onEvent` must be a function.", "onEvent");
  }
  return { plain: { ...rest, timeout: seconds(options.timeout) }, hooks, thrown };
}

function secrets(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || !list.every((each) => typeof each === "string" && each !== "")) {
    throw new WrongAnswer("must return a text, or a list of texts with the newest first");
  }
  return list as string[];
}
