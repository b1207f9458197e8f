// `loopAuth`: sign-in with Loop for an Express app, with a session cookie of its own or the app's session.
import { randomBytes } from "node:crypto";
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from "express";
import type { LoopClient } from "./client";
import { isLoopError, type LoopError, ownError } from "./errors";
import { Cookies, Sealer } from "./express-cookies";
import { answer, answerForOther, refuse, sessionLost, wantsPage } from "./express-pages";

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

/** Options of {@link loopAuth}. Paths are whole paths, as the browser sees them. */
export interface LoopAuthOptions {
  /** Begins a sign-in; `?next=/path` returns there. `/login` unless said otherwise. */
  loginPath?: string | undefined;
  /** The path of the client's `redirectUri` unless said otherwise. */
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
  /** Shows a failed sign-in, in place of the glue's own page. */
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

const SESSION_SECONDS = 12 * 60 * 60;
const SESSION = "loop_session";
const BROWSER = "loop_browser";
/** Says that this browser was just sent to sign in because a grant was over: doing so again would be a loop. */
const RETRIED = "loop_retried";
const RETRIED_SECONDS = 60;
/** Says that this browser just signed in: if it does not know so, another sign-in would not help. */
const SIGNED_IN = "loop_signed_in";
const SIGNED_IN_SECONDS = 30;

/** Signs people in with Loop. Works without any other middleware, in Express 4 and 5. */
export function loopAuth(loop: LoopClient, options: LoopAuthOptions = {}): LoopAuth {
  const redirect = loop.redirectUri === null ? undefined : new URL(loop.redirectUri);
  const {
    loginPath = "/login",
    callbackPath = redirect?.pathname ?? "/callback",
    logoutPath = "/logout",
    disconnectPath = "/disconnect",
    afterLogin = "/",
    afterLogout = "/",
    scopes,
  } = options;
  const cookies = new Cookies(redirect?.protocol === "https:");
  const session = options.session ?? cookieSession(cookies, loop.namespace ?? "", options.sessionSecret);

  async function login(req: Request, res: Response): Promise<void> {
    // The core refuses a `next` that leads to another site, and one that came twice.
    const appState = req.query["next"] as string | undefined;
    const browserSecret = cookies.get(req, BROWSER);
    const begun = await loop.authorizationUrl({ scopes, appState, browserSecret });
    cookies.set(res, BROWSER, begun.browserSecret);
    res.redirect(begun.url);
  }

  async function callback(req: Request, res: Response): Promise<void> {
    try {
      const tokens = await loop.handleCallback(req.originalUrl, { browserSecret: cookies.get(req, BROWSER) });
      await session.write(req, res, tokens.userId);
      cookies.set(res, SIGNED_IN, "1", SIGNED_IN_SECONDS);
      res.redirect(tokens.appState ?? afterLogin);
    } catch (error) {
      if (isLoopError(error) && error.code === "already_completed" && req.loop.userId !== undefined) {
        res.redirect(afterLogin);
        return;
      }
      throw error;
    }
  }

  async function logout(req: Request, res: Response): Promise<void> {
    await session.end(req, res);
    cookies.clear(res, SIGNED_IN);
    res.redirect(303, afterLogout);
  }

  async function disconnect(req: Request, res: Response): Promise<void> {
    // The session ends last: while Loop has not confirmed, the person can press the button again.
    if (req.loop.userId !== undefined) {
      await loop.revoke({ userId: req.loop.userId });
    }
    await logout(req, res);
  }

  function failed(error: unknown, req: Request, res: Response, next: NextFunction): void {
    if (!isLoopError(error) || res.headersSent) {
      next(error);
    } else if (options.onError) {
      options.onError(error, req, res, next);
    } else if (error.detail === "appState") {
      refuse(req, res, 400, "bad_next", "This link leads to another site, so it was not followed.");
    } else {
      const again =
        req.method === "POST" ? { href: afterLogin, text: "Go back" } : { href: loginPath, text: "Try again" };
      answer(req, res, error, again);
    }
  }

  const routes: Record<string, (req: Request, res: Response) => Promise<void>> = {
    [`GET ${loginPath}`]: login,
    [`GET ${callbackPath}`]: callback,
    [`POST ${logoutPath}`]: logout,
    [`POST ${disconnectPath}`]: disconnect,
  };

  const handle = async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const userId = await session.read(req);
    req.loop = userId === undefined ? {} : { userId };
    const route = routes[`${req.method} ${req.baseUrl}${req.path}`];
    if (route === undefined) {
      next();
      return;
    }
    // Codes and sessions stay out of caches, and out of other sites' logs.
    res.set({ "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });
    if (req.method === "POST" && isCrossSite(req, redirect)) {
      refuse(req, res, 403, "cross_site", "This request came from another site, so it was not carried out.");
      return;
    }
    try {
      await route(req, res);
    } catch (error) {
      failed(error, req, res, next);
    }
  };

  const toLogin = (req: Request, res: Response): void => {
    // A longer path would be refused at login; without it the person gets in all the same.
    const back = req.method === "GET" && req.originalUrl.length <= 2000;
    res.redirect(303, back ? `${loginPath}?next=${encodeURIComponent(req.originalUrl)}` : loginPath);
  };

  const auth = ((req, res, next) => {
    handle(req, res, next).catch(next);
  }) as LoopAuth;

  auth.requireUser = (req, res, next) => {
    // What follows is one person's: no cache may keep it. A route may say otherwise.
    res.set("Cache-Control", "no-store");
    const justSignedIn = cookies.get(req, SIGNED_IN) !== undefined;
    if (justSignedIn) {
      cookies.clear(res, SIGNED_IN);
    }
    if (req.loop?.userId !== undefined) {
      next();
    } else if (req.method === "GET" && wantsPage(req)) {
      if (justSignedIn) {
        sessionLost(res, loginPath);
      } else {
        toLogin(req, res);
      }
    } else {
      res.status(401).json({ error: "sign_in_required", message: "Nobody is signed in here." });
    }
  };

  auth.userId = (req) => {
    if (req.loop?.userId === undefined) {
      throw ownError("not_connected", "Nobody is signed in here.");
    }
    return req.loop.userId;
  };

  const handleError = async (error: unknown, req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (!isLoopError(error) || res.headersSent) {
      next(error);
      return;
    }
    if (error.userId !== null && error.userId !== req.loop?.userId) {
      // Somebody else's grant is over, or lacks a scope: signing this person in again would not help.
      answerForOther(req, res, error, { href: afterLogin, text: "Go back" });
      return;
    }
    if (error.action === "sign_in_again") {
      await session.end(req, res);
      if (wantsPage(req) && cookies.get(req, RETRIED) === undefined) {
        cookies.set(res, RETRIED, "1", RETRIED_SECONDS);
        toLogin(req, res);
        return;
      }
    }
    answer(req, res, error, {
      href: loginPath,
      text: error.action === "ask_for_scope" ? "Allow it at Loop" : "Try again",
    });
  };
  auth.errors = (error, req, res, next) => {
    handleError(error, req, res, next).catch(next);
  };
  return auth;
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

/** Whether anything but a page of this very app sent this. Browsers say so; SameSite=Lax is the second line. */
function isCrossSite(req: Request, redirect: URL | undefined): boolean {
  const site = req.get("Sec-Fetch-Site");
  if (site !== undefined) {
    return site !== "same-origin";
  }
  // Behind a proxy the app may see another host and scheme than the browser: the redirect URI has the browser's.
  const origin = req.get("Origin");
  return origin === undefined || (origin !== redirect?.origin && origin !== `${req.protocol}://${req.get("Host")}`);
}
