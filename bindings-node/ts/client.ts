// LoopClient: sign a person in with Loop, keep the grant, call Loop for them.
import { bound, type CallOptions, type Invoke, objectOf, seconds } from "./calls";
import {
  type ApiRequest,
  ApiResponse,
  Authorization,
  type AuthorizationRequest,
  type ImportGrant,
  type Imported,
  type SignInAgain,
  Tokens,
} from "./types";
import { Services, UserServices } from "./generated";
import { hide } from "./hidden";
import { invoker, open } from "./invoke";
import type { NativeClient } from "./native";
import { type ClientOptions, splitOptions } from "./options";
import { Page } from "./page";
import { GrantStatus, type KeptAlive, keptAlive } from "./status";

/** How a callback is finished. */
export interface CallbackOptions extends CallOptions {
  /** The secret of this browser, as `authorizationUrl` returned it. */
  browserSecret?: string | undefined;
}

/**
 * A client of Loop for one registered app.
 *
 * ```ts
 * const loop = new LoopClient(); // LOOP_CLIENT_ID, LOOP_CLIENT_SECRET, LOOP_REDIRECT_URI, LOOP_SCOPES
 * const { url, browserSecret } = await loop.authorizationUrl();
 * // send the person there; in the handler of the redirect URI:
 * const tokens = await loop.handleCallback(req.url, { browserSecret });
 * const biomarkers = await loop.clinical.listBiomarkers({ userId: tokens.userId });
 * ```
 *
 * Every failure is a {@link LoopError}. One client serves a whole process; it needs no closing.
 */
export class LoopClient extends Services {
  readonly #native: NativeClient;
  readonly #invoke: Invoke;

  static {
    hide(this.prototype, () => "<LoopClient>");
  }

  /** Checks every option; touches neither disk nor network. What is not given comes from `LOOP_*` variables. */
  constructor(options: ClientOptions = {}) {
    const { plain, hooks, thrown } = splitOptions(options);
    const native = open(plain, hooks);
    const invoke = invoker(native, thrown);
    super(invoke);
    this.#native = native;
    this.#invoke = invoke;
  }

  /** Where Loop sends the person back, from the options or `LOOP_REDIRECT_URI`. */
  get redirectUri(): string | null {
    return this.#native.redirectUri;
  }

  /** Names this issuer and client, for what the web glue signs. @internal */
  get namespace(): string | null {
    return this.#native.namespace;
  }

  /**
   * Begins a sign-in, which may be finished within ten minutes, by any process that shares the store.
   *
   * Send the browser to `url`, and keep `browserSecret` in an HttpOnly, SameSite=Lax cookie of that browser.
   */
  async authorizationUrl(request: AuthorizationRequest = {}, options?: CallOptions): Promise<Authorization> {
    return new Authorization(await this.#invoke("authorization_url", objectOf(request, "request"), options));
  }

  /**
   * Begins a sign-in of a person whose grant is over, or who is to grant more: it asks for what was granted before, and
   * for the missing scopes. Errors have it as `error.authorizationUrl()`.
   */
  async signInAgain(request: SignInAgain, options?: CallOptions): Promise<Authorization> {
    return new Authorization(await this.#invoke("sign_in_again", objectOf(request, "request"), options));
  }

  /**
   * Finishes a sign-in from the callback's parameters alone, as the quickstart does.
   *
   * It can't tell which browser it serves: compare `state` with the one in the browser's session first, or use
   * {@link handleCallback}, which does. `req.query.code` and `req.query.state` may be passed as they are.
   */
  async exchangeCode(code: unknown, state: unknown, options?: CallOptions): Promise<Tokens> {
    return new Tokens(await this.#invoke("exchange_code", { code, state }, options));
  }

  /**
   * Finishes a sign-in from what came back to the redirect URI: the URL, its query, or the parsed query.
   *
   * Checks `error`, `state`, `iss`, parameters that came twice, and that it is the browser that began.
   */
  async handleCallback(
    urlOrQuery: string | URL | URLSearchParams | Record<string, unknown>,
    options: CallbackOptions = {},
  ): Promise<Tokens> {
    const { browserSecret, ...callOptions } = objectOf(options, "options");
    const plain = urlOrQuery instanceof URL || urlOrQuery instanceof URLSearchParams ? String(urlOrQuery) : urlOrQuery;
    return new Tokens(await this.#invoke("handle_callback", { urlOrQuery: plain, browserSecret }, callOptions));
  }

  /** A fresh access token, for HTTP calls of your own. */
  async accessToken(args: { userId: string }, options?: CallOptions): Promise<string> {
    return (await this.#invoke("access_token", args, options)) as string;
  }

  /** Brings a grant that the app already holds. It may run at every start: what is held or spent is left alone. */
  async importGrant(grant: ImportGrant, options?: CallOptions): Promise<Imported> {
    const { expiresAt, ...rest } = objectOf(grant, "grant");
    const end = expiresAt instanceof Date ? seconds(expiresAt.getTime()) : expiresAt;
    const args = { ...rest, expiresAt: Number.isNaN(end) ? "no number" : end };
    return (await this.#invoke("import_grant", args, options)) as Imported;
  }

  /** Where a person stands: connected or not, what was granted, and what to do next. Sends nothing. */
  async status(args: { userId: string }, options?: CallOptions): Promise<GrantStatus> {
    return new GrantStatus(await this.#invoke("status", args, options));
  }

  /** Every stored grant, page by page: `for await (const status of await loop.grants())`. */
  async grants(args: { cursor?: string | undefined; limit?: number | undefined } = {}, options?: CallOptions): Promise<Page<GrantStatus>> {
    const reply = await this.#invoke("grants", args, options);
    const next = (cursor: string): Promise<Page<GrantStatus>> => this.grants({ ...args, cursor }, options);
    return new Page(reply, "GrantStatus", (item) => new GrantStatus(item), next);
  }

  /** Renews the grants that would lapse for want of use, spread over time. For a job that runs daily. */
  async keepAlive(options?: CallOptions): Promise<KeptAlive> {
    return keptAlive(await this.#invoke("keep_alive", {}, options));
  }

  /**
   * Waits until no refresh is under way and all tokens are saved, at most `timeout` milliseconds. False where that was
   * not enough. For the end of a process that ends itself; one that runs out of work waits by itself.
   */
  async drain(options: CallOptions = {}): Promise<boolean> {
    const { timeout, ...rest } = objectOf(options, "options");
    const { settled } = (await this.#invoke("drain", { timeout: seconds(timeout) }, rest)) as { settled: boolean };
    return settled;
  }

  /**
   * Disconnects: nobody uses the grant from now on, Loop ends it, the tokens are forgotten.
   *
   * Ending the app's own session is another thing, and leaves the grant.
   */
  async revoke(args: { userId: string }, options?: CallOptions): Promise<void> {
    await this.#invoke("revoke", args, options);
  }

  /** Sends any request to one of Loop's services, for what has no method here yet. */
  async request(request: ApiRequest, options?: CallOptions): Promise<ApiResponse> {
    return new ApiResponse(await this.#invoke("request", objectOf(request, "request"), options));
  }

  /** Loop for one person: `loop.user(id).clinical.listBiomarkers()`. */
  user(userId: string, context: UserContext = {}): User {
    return new User(this.#invoke, userId, context);
  }

  /**
   * Whether a webhook's event is to be handled: `new` (do it, then {@link finishEvent} or {@link abandonEvent}), `done`
   * (answer 200), or `under_way` (answer 503, so that it comes again). Express's `loopWebhooks` does all of it.
   */
  async claimEvent(eventId: string, options?: CallOptions): Promise<EventClaim> {
    return (await this.#invoke("claim_event", { eventId }, options)) as EventClaim;
  }

  /** The event is handled: whenever it comes again, it is done. */
  async finishEvent(eventId: string, options?: CallOptions): Promise<void> {
    await this.#invoke("finish_event", { eventId }, options);
  }

  /** The event could not be handled: the next delivery is to try again. */
  async abandonEvent(eventId: string, options?: CallOptions): Promise<void> {
    await this.#invoke("abandon_event", { eventId }, options);
  }
}

/** What to do with a delivery of a webhook. */
export type EventClaim = "new" | "done" | "under_way";

/** What the calls for one person say of themselves. */
export interface UserContext {
  /** Who calls, for the audit log: a clinician's id, or the name of a job. */
  actor?: string | undefined;
  /** Why, for the audit log: for instance `treatment`. */
  purpose?: string | undefined;
  /** The trace that the calls belong to: the header of W3C Trace Context. `loopAuth` finds it by itself. */
  traceparent?: string | undefined;
}

/** One person's data, through one client. */
export class User extends UserServices {
  readonly #userId: string;
  readonly #invoke: Invoke;

  static {
    hide(this.prototype, () => "<User>");
  }

  /** @internal */
  constructor(invoke: Invoke, userId: string, context: UserContext) {
    const { actor, purpose, traceparent } = objectOf(context, "context");
    const own = bound(invoke, { userId, actor, purpose, traceparent });
    super(own);
    this.#userId = userId;
    this.#invoke = own;
  }

  /** Whose data this is. */
  get userId(): string {
    return this.#userId;
  }

  /** Sends any request to one of Loop's services, for what has no method here yet. */
  async request(request: Omit<ApiRequest, "userId">, options?: CallOptions): Promise<ApiResponse> {
    return new ApiResponse(await this.#invoke("request", objectOf(request, "request"), options));
  }
}
