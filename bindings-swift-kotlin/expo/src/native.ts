// What the JavaScript needs of the native part: texts in, texts out.

/** The native module, or what a test puts in its place. No method throws, and no promise is ever rejected. */
export interface LoopNative {
  /**
   * Opens a client from a JSON object of options: `{"value": {"client": 1, "redirectUri": …}}` or `{"error": …}`. Touches
   * neither disk nor network. With `listens`, what happens to its grants is told to the listeners of `onLoopEvent`; with
   * `records`, each entry of its audit log to those of `onLoopAudit`, and the call waits for `recorded`.
   */
  create(options: string, listens: boolean, records: boolean): string;
  /**
   * Calls a method of the core with a JSON object, for this many milliseconds at most: `{"value": …}` or `{"error": …}`.
   */
  call(client: number, method: string, args: string, callId: string, timeoutMs: number | null): Promise<string>;
  /** Ends a call with the code `cancelled`, also one that is still on its way. */
  cancel(callId: string): void;
  /** The entry of this id is recorded; or it is not, since something of this class was thrown. */
  recorded(id: string, threw: string | null): void;
  /** Tells of all clients. The native module's own emitter does it. */
  addListener<Name extends keyof NativeEvents>(
    name: Name,
    listener: (told: NativeEvents[Name]) => void,
  ): { remove(): void };
  /** A redirect that nobody waited for, once: Android started the app with it. iOS gives it to `Linking`. */
  pendingRedirect?(): string | null;
}

/** What the native part tells of by itself: whose client it concerns, and a JSON object. */
export interface NativeEvents {
  /** Something that happened to a grant. */
  onLoopEvent: { client: number; event: string };
  /** An entry of the audit log, and the id to answer with. */
  onLoopAudit: { client: number; id: string; entry: string };
}
