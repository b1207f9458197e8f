// What a caller's compiler must accept, and what it must refuse.
import express from "express";
import {
  type Biomarker,
  type ErrorCode,
  EVENT_NAMES,
  type GrantStatus,
  isLoopError,
  LoopClient,
  type LoopEvent,
  OutcomeUnknown,
  RetryLater,
  ScopeRequired,
  SignInRequired,
  type TokenStore,
  type WebhookEvent,
} from "@platform/sdk";
import { loopAuth } from "@platform/sdk/express";
import { checkTokenStore, startSandbox } from "@platform/sdk/testing";

export async function use(signal: AbortSignal): Promise<string | undefined> {
  const undefinedOptions = { clientId: undefined, clientSecret: undefined, store: undefined, timeout: undefined };
  const loop = new LoopClient(undefinedOptions);
  const { url, state, browserSecret } = await loop.authorizationUrl({ scopes: ["read:biomarkers"] }, { signal });
  const tokens = await loop.handleCallback(new URL(url), { browserSecret, signal, timeout: 1000 });
  await loop.exchangeCode("code", state, { signal });
  const end: Date = tokens.expiresAt;
  await loop.importGrant({ userId: tokens.userId, refreshToken: "r", expiresAt: end });
  const { body } = await loop.request({
    userId: "u",
    service: "clinical",
    path: "/v1/x",
    query: { limit: 1, tag: ["a", "b"] },
  });
  for await (const item of await loop.user("u").clinical.listBiomarkers({ signal })) {
    const low: number | null = item.reference_low;
    if (item.status === "low" && low !== null) {
      return item.unit;
    }
  }
  // A record in an app's own test is a plain object.
  const fixture: Biomarker[] = [];
  // @ts-expect-error records are read-only
  fixture[0]!.value = 1;
  // @ts-expect-error the user is needed
  await loop.clinical.listBiomarkers({});
  // @ts-expect-error no such option
  new LoopClient({ clientID: "x" });
  return typeof body === "string" ? body : undefined;
}

/** A store as an app writes it: sync and async methods, with or without `list`. */
class Store implements TokenStore {
  readonly #rows = new Map<string, { version: string; blob: Uint8Array }>();

  load(key: string) {
    return this.#rows.get(key);
  }

  async save(key: string, blob: Uint8Array, expected: string | null, ttlMs?: number): Promise<string | null> {
    if (ttlMs === 0) {
      throw new OutcomeUnknown("no answer to the commit", { cause: key });
    }
    this.#rows.set(key, { version: "1", blob });
    return expected === null ? "1" : null;
  }

  async delete(key: string) {
    return this.#rows.delete(key);
  }

  now() {
    return Date.now();
  }
}

export async function live(userId: string, signal: AbortSignal): Promise<string> {
  const store = new Store();
  await checkTokenStore(store);
  const onEvent = (event: LoopEvent): void => console.log(event.kind, event.at.toISOString(), event.code ?? "");
  const loop = new LoopClient({
    store,
    onEvent,
    storeKey: "none",
    profile: "strict",
    tokenRequestsPerMinute: 30,
    retryUnknownRefresh: false,
    clientSecret: async () => ["new", "old"],
  });
  new LoopClient({ clientSecret: ["new", "old"], onEvent: undefined });
  // @ts-expect-error a store has to save
  new LoopClient({ store: { load: () => null } });
  // @ts-expect-error an event says what happened by its kind
  new LoopClient({ onEvent: (event) => event.name });

  const status: GrantStatus = await loop.status({ userId }, { signal, timeout: 1000 });
  const end: Date | null = status.accessExpiresAt;
  for await (const each of await loop.grants({ limit: 100 })) {
    if (each.state === "ended" && each.next === "sign_in_again") {
      return (await loop.signInAgain({ userId: each.userId, missingScopes: ["read:labs"] })).url;
    }
  }
  const { lookedAt, left } = await loop.keepAlive({ signal });
  const settled: boolean = await loop.drain({ timeout: 5000 });
  return `${end?.toISOString()} ${lookedAt - left} ${settled}`;
}

export async function back(error: unknown): Promise<string | undefined> {
  if (error instanceof SignInRequired || error instanceof ScopeRequired) {
    const whose: string | null = error.userId;
    const { url } = await error.authorizationUrl({ appState: "/results" });
    // @ts-expect-error the error knows who it is
    await error.authorizationUrl({ userId: "u" });
    return whose === null ? undefined : url;
  }
  return undefined;
}

export function wait(error: unknown): number {
  if (error instanceof RetryLater) {
    return error.retryAfterMs ?? 0;
  }
  const code: ErrorCode | undefined = isLoopError(error) ? error.code : undefined;
  return code === "grant_ended" ? -1 : 0;
}

export function app(loop: LoopClient): express.Express {
  const server = express();
  const auth = loopAuth(loop, { scopes: ["read:biomarkers"], afterLogin: "/home" });
  server.use(auth);
  server.get("/home", auth.requireUser, async (req, res) => {
    const id: string | undefined = req.loop.userId;
    const page = await loop.clinical.listBiomarkers({ userId: auth.userId(req) });
    res.json({ id, page });
  });
  server.get("/callback", async (req, res) => {
    res.json(await loop.handleCallback(req.query));
  });
  server.use(auth.errors);
  return server;
}

export async function inATest(): Promise<void> {
  await using sandbox = await startSandbox({ accessTokenSeconds: 60 });
  new LoopClient(sandbox.options());
}

export function reportOf(event: WebhookEvent): string | undefined {
  if (event.known && event.type === EVENT_NAMES.CLINICAL_BLOODWORK_UPLOADED_V1) {
    // @ts-expect-error: a report has no vial.
    event.data.vial_id;
    return event.data.bloodwork_id;
  }
  return undefined;
}
