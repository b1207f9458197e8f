// Webhooks: whether a delivery comes from Loop, and what it says.
import { encode, objectOf } from "./calls";
import { errorOf, type FlatError, ownError } from "./errors";
import { eventData, type EventDataByType } from "./generated";
import { hide, json, type Json } from "./hidden";
import { native } from "./native";

/** What every event has. */
export interface EventBase {
  /** Identifies the event: the key to handle it once. */
  readonly id: string;
  /** The person it is about; null where it is about nobody. */
  readonly userId: string | null;
  /** The app that it was sent to. */
  readonly clientId: string | null;
  /** When it happened (RFC 3339). */
  readonly occurredAt: string;
  /** Which attempt this is, from 1; null where the header is not there. */
  readonly attempt: number | null;
}

/** An event whose data the SDK knows. `event.type` says which. */
export type KnownEvent = {
  [Type in keyof EventDataByType]: EventBase & { readonly known: true; readonly type: Type; readonly data: EventDataByType[Type] };
}[keyof EventDataByType];

/** An event that is newer than this SDK, or whose data is not as the platform describes it. */
export interface UnknownEvent extends EventBase {
  readonly known: false;
  readonly type: string;
  readonly data: Json;
}

/** An event that Loop delivered. It prints without what it is about; `if (event.known)` gives its data a type. */
export type WebhookEvent = KnownEvent | UnknownEvent;

/** Headers as Node, Express and fetch have them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

interface EventReply {
  id: string;
  type: string;
  user_id: string | null;
  client_id: string | null;
  occurred_at: string;
  attempt: number | null;
  data: unknown;
  known: string | null;
}

class DeliveredEvent {
  readonly #reply: EventReply;
  readonly #data: unknown;

  static {
    // Whoever signs events chooses the id: only what looks like one is printed.
    hide(this.prototype, ({ id }) => `<WebhookEvent ${/^[\w.-]{1,100}$/.test(id) ? id : "?"}: values hidden>`);
  }

  constructor(reply: EventReply) {
    this.#reply = reply;
    this.#data = reply.known === null ? json(reply.data) : eventData(reply.known, reply.data);
  }

  get id(): string {
    return this.#reply.id;
  }

  get type(): string {
    return this.#reply.type;
  }

  get userId(): string | null {
    return this.#reply.user_id;
  }

  get clientId(): string | null {
    return this.#reply.client_id;
  }

  get occurredAt(): string {
    return this.#reply.occurred_at;
  }

  get attempt(): number | null {
    return this.#reply.attempt;
  }

  get known(): boolean {
    return this.#reply.known !== null;
  }

  get data(): unknown {
    return this.#data;
  }

  toJSON(): object {
    const { id, type, userId, clientId, occurredAt, attempt, data } = this;
    return { id, type, userId, clientId, occurredAt, attempt, data };
  }
}

/**
 * Checks a delivery, and reads it; throws `webhook_signature` (answer 401) or `webhook_malformed` (answer 400).
 *
 * `rawBody` is the body as it came, before anything parsed it. `secret` is the signing secret, or both while it is being
 * changed; `LOOP_WEBHOOK_SECRET` where it is left out. A delivery may come more than once: see `loop.claimEvent`.
 */
export function verify(
  rawBody: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  secret?: string | readonly string[],
): WebhookEvent {
  const reply = native().verifyWebhook(bytes(rawBody), encode(plain(headers)), JSON.stringify(secret ?? null));
  const parsed = JSON.parse(reply) as { value: EventReply } | { error: FlatError };
  if ("error" in parsed) {
    throw errorOf(parsed.error);
  }
  return new DeliveredEvent(parsed.value) as unknown as WebhookEvent;
}

function bytes(rawBody: unknown): Uint8Array {
  if (typeof rawBody === "string") {
    return new TextEncoder().encode(rawBody);
  }
  if (rawBody instanceof ArrayBuffer) {
    return new Uint8Array(rawBody);
  }
  if (ArrayBuffer.isView(rawBody)) {
    return new Uint8Array(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength);
  }
  const text = "`rawBody` must be the body as it came, a text or bytes: take it before anything parses it as JSON.";
  throw ownError("invalid_option", text, "rawBody");
}

function plain(headers: WebhookHeaders): object {
  return typeof Headers !== "undefined" && headers instanceof Headers
    ? Object.fromEntries(headers.entries())
    : objectOf(headers, "headers");
}
