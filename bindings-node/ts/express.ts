// `loopAuth`: sign-in with Loop for an Express app, with a session cookie of its own or the app's session.
import { randomBytes } from "node:crypto";
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from "express";
import type { LoopClient } from "./client";
import { isLoopError, type LoopError, ownError } from "./errors";
import { Cookies, Sealer } from "./express-cookies";
import { serving } from "./trace";
import { choose, type Place, type Problem, reply, returnPath, wantsPage, wasPostedHere } from "./web";
import { HEADERS, MARKER_SECONDS, SESSION_SECONDS } from "./web-policy";

/** Who is signed in to the app. */
export interface LoopSession {
  /** The person's id at Loop; absent while nobody is signed in. */
  userId?: string;
}

declare global {
  // The name that Express's own types ask to be extended by.
  namespace Express {
    interface Request {
      /** Who is signed in; set by `loopAuth`. */
      loop: LoopSession;
    }
  }
}

/** Where the app keeps who is signed in, when not in the glue's own cookie: for instance in express-session. */
export interface SessionStore {
  read(req: Request): string | undefined | Promise<string | undefined>;
  write(req: Request, res: Response, userId: string): void | Promise<void>;
  end(req: Request, res: Response): void | Promise<void>;
}

/** Options of {@link loopAuth}. Paths begin where the glue is mounted: mount it where the app's own pages are. */
export interface LoopAuthOptions {
  /** Begins a sign-in; `?next=/path` returns there. `/login` unless said otherwise. */
  loginPath?: string | undefined;
  /** Where the client's `redirectUri` leads; its path, below the mount point, unless said otherwise. */
  callbackPath?: string | undefined;
  /** POST ends the app's session, and leaves the grant. `/logout` unless said otherwise. */
  logoutPath?: string | undefined;
  /** POST ends the grant at Loop, and the session. `/disconnect` unless said otherwise. */
  disconnectPath?: string | undefined;
  /** Where a sign-in without `next` leads. `/` unless said otherwise. */
  afterLogin?: string | undefined;
  /** Where logging out and disconnecting lead. `/` unless said otherwise. */
  afterLogout?: string | undefined;
  /** The scopes to ask for; the client's own unless said otherwise. */
  scopes?: readonly string[] | undefined;
  /** Signs the session cookie (`LOOP_SESSION_SECRET`); at least 32 characters, the same on every server. */
  sessionSecret?: string | undefined;
  /** Keeps the session elsewhere than in the glue's own cookie. */
  session?: SessionStore | undefined;
  /** Answers for an error, in place of the glue. */
  onError?: ((error: LoopError, req: Request, res: Response, next: NextFunction) => void) | undefined;
}

/** What {@link loopAuth} returns: `app.use(auth)`, then `auth.requireUser` before routes, `app.use(auth.errors)` last. */
export interface LoopAuth extends RequestHandler {
  /** Lets signed-in people pass; sends others to sign in, or answers 401 to a script. */
  requireUser: RequestHandler;
  /** The signed-in person's id. Where nobody is signed in it throws, and `errors` leads to sign-in. */
  userId(req: Request): string;
  /** Turns errors of the SDK that a route threw into the right answer: sign in again, or a page that says what to do. */
  errors: ErrorRequestHandler;
}

const SESSION = "loop_session";
const BROWSER = "loop_browser";
/** Says that this browser just signed in: if that did not help, another sign-in would not either. */
const SIGNED_IN = "loop_signed_in";

type Handler = (req: Request, res: Response) => Promise<void>;

/**
 * Signs people in with Loop. Works without any other middleware, in Express 4 and 5. Calls of the SDK that are made while
 * a request is served are sent with its `traceparent`.
 */
export function loopAuth(loop: LoopClient, options: LoopAuthOptions = {}): LoopAuth {
  const redirect = loop.redirectUri === null ? undefined : new URL(loop.redirectUri);
  const {
    loginPath = "/login",
    callbackPath,
    logoutPath = "/logout",
    disconnectPath = "/disconnect",
    afterLogin = "/",
    afterLogout = "/",
    scopes,
  } = options;
  const cookies = new Cookies(redirect?.protocol === "https:");
  const session = options.session ?? cookieSession(cookies, loop.namespace ?? "", options.sessionSecret);
  /** Where the glue is mounted; a router inside the app has another `baseUrl`. */
  const mounts = new WeakMap<Request, string>();
  const below = (req: Request, path: string) => `${mounts.get(req) ?? ""}${path}`;

  const login: Handler = async (req, res) => {
    // The core refuses a `next` that leads to another site, and one that came twice.
    const appState = req.query["next"] as string | undefined;
    const begun = await loop.authorizationUrl({ scopes, appState, browserSecret: cookies.get(req, BROWSER) });
    cookies.set(res, BROWSER, begun.browserSecret);
    res.redirect(303, begun.url);
  };

  const callback: Handler = async (req, res) => {
    try {
      const tokens = await loop.handleCallback(req.originalUrl, { browserSecret: cookies.get(req, BROWSER) });
      await session.write(req, res, tokens.userId);
      cookies.set(res, SIGNED_IN, "1", MARKER_SECONDS);
      res.redirect(303, tokens.appState ?? below(req, afterLogin));
    } catch (error) {
      if (!isLoopError(error) || error.code !== "already_completed" || req.loop.userId === undefined) {
        throw error;
      }
      res.redirect(303, below(req, afterLogin));
    }
  };

  const logout: Handler = async (req, res) => {
    await session.end(req, res);
    cookies.clear(res, SIGNED_IN);
    res.redirect(303, below(req, afterLogout));
  };

  const disconnect: Handler = async (req, res) => {
    // The session ends last: while Loop has not confirmed, the person can press the button again.
    if (req.loop.userId !== undefined) {
      await loop.revoke({ userId: req.loop.userId });
    }
    await logout(req, res);
  };

  function posted(handler: Handler): Handler {
    return async (req, res) => {
      const own = [redirect?.origin, `${req.protocol}://${req.get("Host")}`];
      if (wasPostedHere(req.get("Sec-Fetch-Site"), req.get("Origin"), own)) {
        await handler(req, res);
      } else {
        answer(req, res, "app", "cross_site_request");
      }
    };
  }

  /** What the glue does itself with a request. */
  function route(req: Request): [place: Place, handler: Handler] | undefined {
    const { method, path } = req;
    const isCallback =
      callbackPath === undefined ? req.baseUrl + path === (redirect?.pathname ?? "/callback") : path === callbackPath;
    if (method === "HEAD" && (isCallback || path === loginPath)) {
      // A link preview that sends it must not begin a sign-in, or spend a code.
      return ["sign_in", async (_req, res) => void res.status(405).set("Allow", "GET").end()];
    }
    if (method === "GET" && (isCallback || path === loginPath)) {
      return ["sign_in", isCallback ? callback : login];
    }
    if (method === "POST" && (path === logoutPath || path === disconnectPath)) {
      return ["app", posted(path === logoutPath ? logout : disconnect)];
    }
    return undefined;
  }

  const handle = async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    mounts.set(req, req.baseUrl);
    const userId = await session.read(req);
    req.loop = userId === undefined ? {} : { userId };
    const found = route(req);
    if (found === undefined) {
      next();
      return;
    }
    const [place, handler] = found;
    res.set(HEADERS);
    try {
      await handler(req, res);
    } catch (error) {
      await failed(error, req, res, next, place);
    }
  };

  async function failed(error: unknown, req: Request, res: Response, next: NextFunction, at: Place): Promise<void> {
    if (!isLoopError(error) || res.headersSent) {
      next(error);
      return;
    }
    const here = req.loop?.userId;
    const isOthers = at === "app" && error.userId !== null && error.userId !== here;
    const place = isOthers ? "other" : at;
    let problem: Problem = at === "sign_in" && error.detail === "appState" ? "bad_next" : error;
    let maySignIn = true;
    if (choose(place, problem).endsSession) {
      // A browser that signed in just now would go round for ever.
      maySignIn = cookies.get(req, SIGNED_IN) === undefined;
      if (here !== undefined) {
        await session.end(req, res);
      } else if (!maySignIn) {
        problem = "session_lost";
      }
      if (maySignIn && isPageLoad(req)) {
        res.set(HEADERS).redirect(303, links(req, place).login);
        return;
      }
    }
    if (problem === error && (error.action === "fix_call" || error.action === "call_operator")) {
      console.error(error);
    }
    if (options.onError !== undefined && problem === error) {
      options.onError(error, req, res.set(HEADERS), next);
      return;
    }
    answer(req, res, place, problem, maySignIn);
  }

  function answer(req: Request, res: Response, place: Place, problem: Problem, maySignIn = true): void {
    const isPage = isForPeople(req);
    const { status, headers, body } = reply(place, problem, links(req, place), { isPage, maySignIn });
    if (isPage && !maySignIn) {
      // Whoever has read that it did not work may try again.
      cookies.clear(res, SIGNED_IN);
    }
    res.status(status).set(headers).send(body);
  }

  function links(req: Request, place: Place) {
    // Nobody comes back to a callback: its code is used.
    const here = place !== "sign_in" && isPageLoad(req) ? returnPath(req.originalUrl) : undefined;
    const next = here === undefined ? "" : `?next=${encodeURIComponent(here)}`;
    return { login: `${below(req, loginPath)}${next}`, start: below(req, afterLogin), here };
  }

  const auth = ((req, res, next) => {
    serving(req, () => handle(req, res, next)).catch(next);
  }) as LoopAuth;

  auth.requireUser = (req, res, next) => {
    // What follows is one person's: no cache may keep it. A route may say otherwise.
    res.set("Cache-Control", "no-store");
    try {
      auth.userId(req);
    } catch (error) {
      failed(error, req, res, next, "app").catch(next);
      return;
    }
    if (cookies.get(req, SIGNED_IN) !== undefined) {
      // The session stuck, so the marker has done its work.
      cookies.clear(res, SIGNED_IN);
    }
    next();
  };

  auth.userId = (req) => {
    if (req.loop === undefined) {
      throw ownError("invalid_option", "`app.use(auth)` must come before what asks who is signed in.", "auth");
    }
    if (req.loop.userId === undefined) {
      throw ownError("not_connected", "Nobody is signed in here.");
    }
    return req.loop.userId;
  };

  auth.errors = (error, req, res, next) => {
    failed(error, req, res, next, "app").catch(next);
  };
  return auth;
}

function isForPeople(req: Request): boolean {
  // Named first, JSON is what `*/*` gets.
  return wantsPage(req.get("Sec-Fetch-Mode"), req.accepts(["json", "html"]) === "html");
}

/** Whether a person's browser is loading a page, which a redirect may repeat. */
function isPageLoad(req: Request): boolean {
  return (req.method === "GET" || req.method === "HEAD") && isForPeople(req);
}

/** A signed cookie with the user's id and an end; nothing is kept on the server. */
function cookieSession(
  cookies: Cookies,
  namespace: string,
  secret = process.env["LOOP_SESSION_SECRET"],
): SessionStore {
  if (secret !== undefined && secret.length < 32) {
    throw ownError(
      "invalid_option",
      "`sessionSecret` (LOOP_SESSION_SECRET) must be at least 32 characters: openssl rand -hex 32",
      "sessionSecret",
    );
  }
  if (secret === undefined) {
    process.emitWarning(
      "loopAuth made a session secret of its own: sessions end at the next start, and no second server knows them. " +
        "Set sessionSecret or LOOP_SESSION_SECRET (openssl rand -hex 32).",
      { code: "LOOP_SESSION_SECRET" },
    );
  }
  const sealer = new Sealer(secret ?? randomBytes(32).toString("hex"), namespace);
  return {
    read(req) {
      const sealed = cookies.get(req, SESSION);
      return sealed === undefined ? undefined : sealer.unseal(sealed, Date.now());
    },
    write(_req, res, userId) {
      cookies.set(res, SESSION, sealer.seal(userId, Date.now() + SESSION_SECONDS * 1000), SESSION_SECONDS);
    },
    end(_req, res) {
      cookies.clear(res, SESSION);
    },
  };
}

export { loopWebhooks, type WebhookOptions } from "./express-webhooks";
