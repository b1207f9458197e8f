// The client, with the native part given to it: sign a person in with Loop, keep the grant, call Loop for them.
import { invoker, open } from "./invoke";
import type { LoopNative } from "./native";
import type { ClientOptions, DeviceRequest, OneUser, SignInRequest } from "./options";
import { bound, type CallOptions, type Invoke, objectOf, seconds } from "./shared/calls";
import type { LoopError } from "./shared/errors";
import { Services, UserServices } from "./shared/generated";
import { hide } from "./shared/hidden";
import { Page } from "./shared/page";
import { GrantStatus, type KeptAlive, keptAlive } from "./shared/status";
import {
  ApiResponse,
  Authorization,
  type ImportGrant,
  type Imported,
  type SignInAgain,
  Tokens,
} from "./shared/types";

/** A client over any native part: {@link LoopClient} has the one of the app. */
export class DeviceClient extends Services {
  readonly #redirectUri: string | null;
  readonly #native: LoopNative;
  readonly #invoke: Invoke;
  readonly #watchers: Set<(error: LoopError) => void>;

  static {
    hide(this.prototype, () => "<LoopClient>");
  }

  /** Checks every option; touches neither disk nor network. A test of an app gives a native part of its own. */
  constructor(native: LoopNative, options: ClientOptions) {
    const { client, redirectUri } = open(native, options);
    const watchers = new Set<(error: LoopError) => void>();
    const invoke = invoker(native, client, (error) => watchers.forEach((watcher) => watcher(error)));
    super(invoke);
    this.#native = native;
    this.#redirectUri = redirectUri;
    this.#invoke = invoke;
    this.#watchers = watchers;
  }

  /** Where Loop sends the person back. */
  get redirectUri(): string | null {
    return this.#redirectUri;
  }

  /**
   * Opens Loop's pages in the device's browser, and finishes the sign-in that comes back.
   *
   * If the app is killed meanwhile, {@link resumeSignIn} finishes it from the URL that starts the app again.
   */
  async signIn(request: SignInRequest = {}, options?: CallOptions): Promise<Tokens> {
    return new Tokens(await this.#invoke("sign_in", objectOf(request, "request"), options));
  }

  /** Finishes a sign-in from the redirect URL alone, also one that another process of the app began. */
  async resumeSignIn(url: string, options?: CallOptions): Promise<Tokens> {
    return this.handleCallback(url, options);
  }

  /** Whether a URL that opened the app is the end of a sign-in: it is for {@link resumeSignIn} then. */
  isCallback(url: string): boolean {
    const uri = this.#redirectUri;
    // Android writes `app:/path` as it stands, other tools as `app:///path`.
    return uri !== null && plain(url).startsWith(plain(uri)) && /^($|[?#])/.test(plain(url).slice(plain(uri).length));
  }

  /**
   * The redirect that started the app on Android, once: it is for {@link resumeSignIn}. Null elsewhere, where `Linking` has
   * it, and where there is none.
   */
  pendingRedirect(): string | null {
    return this.#native.pendingRedirect?.() ?? null;
  }

  /** Begins a sign-in in a browser of your own; {@link handleCallback} finishes it within ten minutes. */
  async authorizationUrl(request: SignInRequest = {}, options?: CallOptions): Promise<Authorization> {
    return new Authorization(await this.#invoke("authorization_url", objectOf(request, "request"), options));
  }

  /**
   * Begins a sign-in of a person whose grant is over, or who is to grant more: it asks for what was granted before, and
   * for the missing scopes. Errors have it as `error.authorizationUrl()`.
   */
  async signInAgain(request: SignInAgain, options?: CallOptions): Promise<Authorization> {
    return new Authorization(await this.#invoke("sign_in_again", objectOf(request, "request"), options));
  }

  /** Finishes a sign-in from what came back to the redirect URI. Checks `error`, `state`, `iss`, and parameters that came twice. */
  async handleCallback(url: string, options?: CallOptions): Promise<Tokens> {
    return new Tokens(await this.#invoke("handle_callback", { urlOrQuery: url }, options));
  }

  /** A fresh access token, for HTTP calls of your own. */
  async accessToken(args: OneUser = {}, options?: CallOptions): Promise<string> {
    return (await this.#invoke("access_token", args, options)) as string;
  }

  /** Brings a grant that the app already holds. It may run at every start: what is held or spent is left alone. */
  async importGrant(grant: ImportGrant, options?: CallOptions): Promise<Imported> {
    const { expiresAt, ...rest } = objectOf(grant, "grant");
    const end = expiresAt instanceof Date ? seconds(expiresAt.getTime()) : expiresAt;
    const args = { ...rest, expiresAt: Number.isNaN(end) ? "no number" : end };
    return (await this.#invoke("import_grant", args, options)) as Imported;
  }

  /** Where the person stands: connected or not, what was granted, and what to do next. Sends nothing. */
  async status(args: OneUser = {}, options?: CallOptions): Promise<GrantStatus> {
    return new GrantStatus(await this.#invoke("status", args, options));
  }

  /** Every grant on this device, page by page: `for await (const status of await loop.grants())`. */
  async grants(
    args: { cursor?: string | undefined; limit?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<Page<GrantStatus>> {
    const reply = await this.#invoke("grants", args, options);
    const next = (cursor: string): Promise<Page<GrantStatus>> => this.grants({ ...args, cursor }, options);
    return new Page(reply, "GrantStatus", (item) => new GrantStatus(item), next);
  }

  /** Renews the grants that would lapse for want of use. For a background task that runs daily. */
  async keepAlive(options?: CallOptions): Promise<KeptAlive> {
    return keptAlive(await this.#invoke("keep_alive", {}, options));
  }

  /**
   * Waits until no refresh is under way and all tokens are saved, at most `timeout` milliseconds. False where that was
   * not enough. For a background task that is about to end.
   */
  async drain(options: CallOptions = {}): Promise<boolean> {
    const { timeout, ...rest } = objectOf(options, "options");
    const { settled } = (await this.#invoke("drain", { timeout: seconds(timeout) }, rest)) as { settled: boolean };
    return settled;
  }

  /** Disconnects: nobody uses the grant from now on, Loop ends it, the tokens are forgotten. */
  async revoke(args: OneUser = {}, options?: CallOptions): Promise<void> {
    await this.#invoke("revoke", args, options);
  }

  /** Disconnects the one person of this device, as {@link revoke} does. */
  async disconnect(options?: CallOptions): Promise<void> {
    await this.revoke({}, options);
  }

  /** Sends any request to one of Loop's services, for what has no method here yet. */
  async request(request: DeviceRequest, options?: CallOptions): Promise<ApiResponse> {
    return new ApiResponse(await this.#invoke("request", objectOf(request, "request"), options));
  }

  /** Loop for one person: `loop.user(id).clinical.listBiomarkers()`. */
  user(userId: string, context: UserContext = {}): User {
    return new User(this.#invoke, userId, context);
  }

  /** Hears of every failed call, until the function that this returns is called. @internal */
  watch(watcher: (error: LoopError) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** What the calls for one person say of themselves. */
export interface UserContext {
  /** Who calls, for the audit log: the person's own id, a caregiver's, or the name of a background task. */
  actor?: string | undefined;
  /** Why, for the audit log: for instance `treatment`. */
  purpose?: string | undefined;
  /** The trace that the calls belong to: the header of W3C Trace Context. */
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
    this.#invoke = own;
    this.#userId = userId;
  }

  /** Sends any request to one of Loop's services, for what has no method here yet. */
  async request(request: Omit<DeviceRequest, "userId">, options?: CallOptions): Promise<ApiResponse> {
    return new ApiResponse(await this.#invoke("request", objectOf(request, "request"), options));
  }

  /** Whose data this is. */
  get userId(): string {
    return this.#userId;
  }
}

function plain(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:)\/*/i, (_, scheme: string) => scheme.toLowerCase());
}
