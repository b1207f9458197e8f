// A native part for the tests of screens: it answers at once, and remembers what it was asked.
import type { NativeEvents } from "../../src/native";

type Reply = { value: unknown } | { error: object };

export class Double {
  /** Whether the device holds a grant. */
  connected = false;
  readonly asked: { method: string; args: Record<string, unknown> }[] = [];
  readonly cancelled: string[] = [];
  pending: string | null = null;
  /** Replies in place of the usual ones. */
  readonly replies: Record<string, () => Reply | Promise<Reply>> = {};

  readonly listeners: ((told: NativeEvents["onLoopEvent"]) => void)[] = [];
  readonly recorders: ((told: NativeEvents["onLoopAudit"]) => void)[] = [];
  /** What was said of each entry. */
  readonly recorded = jest.fn<void, [id: string, threw: string | null]>();
  /** The options of the last client. */
  options: Record<string, unknown> = {};

  create = (options: string): string => {
    this.options = JSON.parse(options) as Record<string, unknown>;
    return this.#created;
  };

  /** Something happens to a grant. */
  happens(kind: string): void {
    const event = JSON.stringify({ kind, user_id: "user_1", at: 0, code: null });
    this.listeners.forEach((tell) => tell({ client: 1, event }));
  }

  /** An entry of the audit log is to be recorded. */
  records(id: string): void {
    const entry = JSON.stringify({ at: 0, operation: "clinical.list_biomarkers", outcome: "ok", user_id: "user_1" });
    this.recorders.forEach((tell) => tell({ client: 1, id, entry }));
  }

  addListener = <Name extends keyof NativeEvents>(
    name: Name,
    listener: (told: NativeEvents[Name]) => void,
  ): { remove(): void } => {
    const listeners: unknown[] = name === "onLoopEvent" ? this.listeners : this.recorders;
    listeners.push(listener);
    return { remove: () => undefined };
  };

  readonly #created = JSON.stringify({ value: { client: 1, redirectUri: "loop-example://callback" } });

  call = async (_client: number, method: string, args: string): Promise<string> => {
    this.asked.push({ method, args: JSON.parse(args) as Record<string, unknown> });
    return JSON.stringify(await (this.replies[method] ?? this.#usual[method] ?? notConnected)());
  };

  cancel = (callId: string): void => {
    this.cancelled.push(callId);
  };

  pendingRedirect = (): string | null => {
    const { pending } = this;
    this.pending = null;
    return pending;
  };

  methods(): string[] {
    return this.asked.map(({ method }) => method);
  }

  readonly #usual: Record<string, () => Reply> = {
    status: () =>
      this.connected
        ? { value: { user_id: "user_1", state: "active", connected: true, scopes: [], access_expires_at: null, next: null } }
        : notConnected(),
    sign_in: () => this.#tokens(),
    handle_callback: () => this.#tokens(),
    revoke: () => {
      this.connected = false;
      return { value: null };
    },
    "clinical.list_biomarkers": () => ({ value: { items: [ldl], next_cursor: null } }),
  };

  #tokens(): Reply {
    this.connected = true;
    const times = { expires_at: 4102444800000, app_state: null };
    return { value: { user_id: "user_1", scopes: ["openid"], claims: {}, access_token: "access-1", ...times } };
  }
}

/** An error as it crosses. */
export function failed(code: string, action: string, message: string): Reply {
  const none = { retry_after_ms: null, status: null, request_id: null, detail: null, cause: null };
  return { error: { code, action, message, ...none } };
}

function notConnected(): Reply {
  return failed("not_connected", "sign_in_again", "Nobody is connected.");
}

const ldl = {
  id: "bm_1",
  biomarker_code: "ldl_c",
  biomarker_name: "LDL cholesterol",
  value: 131.5,
  unit: "mg/dL",
  reference_low: null,
  reference_high: 130,
  status: "high",
};
