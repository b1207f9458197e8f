// What the glue of any web framework answers: a row of the policy, as a page for people or as JSON for scripts.
import type { LoopError } from "./errors";
import type { Action } from "./generated";
import {
  ANSWERS,
  type Answer,
  CHALLENGE,
  HEADERS,
  OWN_CODES,
  PAGE,
  PAGE_HEADERS,
  RETRY_AFTER_SECONDS,
  RETURN_PATH_LIMIT,
} from "./web-policy";

/** Where it went wrong: at login or callback, elsewhere, or elsewhere and for another person than who is here. */
export type Place = keyof typeof ANSWERS;

/** An error of the SDK, or what went wrong in the glue alone. */
export type Problem = LoopError | keyof typeof OWN_CODES;

/** An answer, for the framework to send. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Where a page may lead. */
export interface Links {
  login: string;
  start: string;
  /** The very page that was asked for, where it can be asked for again. */
  here: string | undefined;
}

/** The row of the policy: of the code, else of its action. */
export function choose(place: Place, problem: Problem): Answer {
  const [code, action] = names(problem);
  const { [place]: rows, app } = ANSWERS;
  return (rows[code] ?? rows[action] ?? app[code] ?? app[action]) as Answer;
}

/** What to send. `maySignIn` is false where a script must not send the person to sign in once more. */
export function reply(
  place: Place,
  problem: Problem,
  links: Links,
  { isPage, maySignIn }: { isPage: boolean; maySignIn: boolean },
): Reply {
  const { status, title, text, link, label, retryAfter } = choose(place, problem);
  const [code, action] = names(problem);
  const { requestId = null, retryAfterMs = null } = typeof problem === "string" ? {} : problem;
  const headers = { ...HEADERS };
  if (retryAfter) {
    headers["Retry-After"] = String(retryAfterMs === null ? RETRY_AFTER_SECONDS : Math.ceil(retryAfterMs / 1000));
  }
  if (status === 401) {
    headers["WWW-Authenticate"] = CHALLENGE;
  }
  if (isPage) {
    Object.assign(headers, PAGE_HEADERS);
    const note = requestId === null ? code : `${code} · ${requestId}`;
    const parts: Record<string, string> = { title, text, link: links[link] ?? links.start, label, note };
    return { status, headers, body: PAGE.replace(/{{(\w+)}}/g, (_whole, name) => escape(parts[name] ?? "")) };
  }
  headers["Content-Type"] = "application/json";
  const body = {
    error: code,
    action,
    message: text,
    ...(link === "login" && maySignIn ? { login_url: links.login } : {}),
    ...(requestId === null ? {} : { request_id: requestId }),
  };
  return { status, headers, body: JSON.stringify(body) };
}

/** Whether a person will look at the answer, rather than a script. A browser's own word goes before `Accept`. */
export function wantsPage(fetchMode: string | undefined, prefersHtml: boolean): boolean {
  return fetchMode === undefined ? prefersHtml : fetchMode === "navigate";
}

/** Whether a form was posted by a page of this very site. */
export function wasPostedHere(
  fetchSite: string | undefined,
  origin: string | undefined,
  ownOrigins: readonly (string | undefined)[],
): boolean {
  return fetchSite === undefined ? origin !== undefined && ownOrigins.includes(origin) : fetchSite === "same-origin";
}

/** A path and query as a sign-in can come back to it; undefined where core would refuse it. */
export function returnPath(path: string): string | undefined {
  return /^\/(?!\/)[^\\]*$/.test(path) && path.length <= RETURN_PATH_LIMIT ? path : undefined;
}

function names(problem: Problem): [code: string, action: Action] {
  return typeof problem === "string" ? [problem, OWN_CODES[problem]] : [problem.code, problem.action];
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
