// What the JavaScript needs of the native part: texts in, texts out.

/** The native module, or what a test puts in its place. No method throws, and no promise is ever rejected. */
export interface LoopNative {
  /**
   * Opens a client from a JSON object of options: `{"value": {"client": 1, "redirectUri": …}}` or `{"error": …}`. Touches
   * neither disk nor network. With `listens`, what happens to its grants is told to the listeners of `onLoopEvent`.
   */
  create(options: string, listens: boolean): string;
  /** Calls a method of the core with a JSON object: `{"value": …}` or `{"error": …}`. */
  call(client: number, method: string, args: string, callId: string): Promise<string>;
  /** Ends a call with the code `cancelled`, also one that is still on its way. */
  cancel(callId: string): void;
  /** Tells of all clients that listen, with each event as a JSON object. The native module's own emitter does it. */
  addListener(name: "onLoopEvent", listener: (told: NativeEvent) => void): { remove(): void };
  /** A redirect that nobody waited for, once: Android started the app with it. iOS gives it to `Linking`. */
  pendingRedirect?(): string | null;
}

/** Something that happened to a grant of one client. */
export interface NativeEvent {
  client: number;
  event: string;
}
