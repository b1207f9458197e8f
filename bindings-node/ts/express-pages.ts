// The pages that the Express glue shows itself: one friendly sentence, and a way on.
import type { Request, Response } from "express";
import type { LoopError } from "./errors";
import type { Action } from "./generated";

const STATUSES: Record<Action, number> = {
  retry: 503,
  sign_in_again: 400,
  ask_for_scope: 403,
  fix_call: 500,
  call_operator: 500,
};

const TITLES: Record<Action, string> = {
  retry: "Please try again",
  sign_in_again: "Please sign in again",
  ask_for_scope: "One more permission is needed",
  fix_call: "This app is not set up correctly",
  call_operator: "This app can't reach Loop properly",
};

/** What the public reads where only the app's operator can help: the details are the operator's, and go to its log. */
const OPERATOR_TEXT =
  "Something is not set up right, and the people who run this site have been told. Please try again later.";

/** The HTTP status of a page about an error. */
export function statusOf(error: LoopError): number {
  return error.code === "access_denied" ? 403 : STATUSES[error.action];
}

/** Whether a browser opens a page, rather than a script fetching data: scripts accept anything. */
export function wantsPage(req: Request): boolean {
  return (req.get("Accept") ?? "").includes("text/html");
}

interface Link {
  href: string;
  text: string;
}

/** Answers with an error: a page for people, JSON for scripts. */
export function answer(req: Request, res: Response, error: LoopError, link: Link): void {
  res.status(statusOf(error));
  const isOperators = error.action === "fix_call" || error.action === "call_operator";
  if (isOperators) {
    console.error(error);
  }
  const message = isOperators ? OPERATOR_TEXT : error.message;
  if (error.retryAfterMs !== null) {
    res.set("Retry-After", String(Math.ceil(error.retryAfterMs / 1000)));
  }
  if (!wantsPage(req)) {
    res.json({ error: error.code, message, request_id: error.requestId });
    return;
  }
  const denied = error.code === "access_denied";
  const title = denied ? "You did not connect Loop" : TITLES[error.action];
  const text = denied
    ? "Nothing was shared. You can connect whenever you like, and disconnect at any time."
    : message;
  send(res, page(title, text, link, error.requestId === null ? error.code : `${error.code} · ${error.requestId}`));
}

/** Answers with an error of a call for somebody else than the person who is here. */
export function answerForOther(req: Request, res: Response, error: LoopError, link: Link): void {
  if (error.action !== "sign_in_again" && error.action !== "ask_for_scope") {
    answer(req, res, error, link);
    return;
  }
  const text =
    error.action === "sign_in_again"
      ? "This page needs the data of a person who is not connected to Loop any more. They have to connect again."
      : "This page needs the data of a person who has not allowed that. They have to allow it.";
  res.status(409);
  if (wantsPage(req)) {
    send(res, page("Somebody else has to act", text, link, error.code));
  } else {
    res.json({ error: error.code, message: text, request_id: error.requestId });
  }
}

/** Answers a request whose browser signed in a moment ago, and does not know it any more. */
export function sessionLost(res: Response, loginPath: string): void {
  const text =
    "Your browser did not keep the session of the sign-in that you just finished. " +
    "Allow cookies for this site, then try again.";
  const link = { href: loginPath, text: "Try again" };
  send(res.status(400), page("You are not signed in", text, link, "session_lost"));
}

/** Answers a request that is not carried out, for the reason that the message tells. */
export function refuse(req: Request, res: Response, status: number, code: string, message: string): void {
  res.status(status);
  if (wantsPage(req)) {
    send(res, page("Not allowed", message, { href: "/", text: "Go to the start page" }, code));
  } else {
    res.json({ error: code, message });
  }
}

function send(res: Response, html: string): void {
  // The page needs nothing from anywhere, so it may load nothing from anywhere.
  res.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  res.type("html").send(html);
}

function page(title: string, text: string, link: Link, note: string): string {
  const small = `<p><small>${escape(note)}</small></p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
:root { color-scheme: light dark; font: 1.05rem/1.6 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { max-width: 34rem; padding: 2rem }
h1 { font-size: 1.6rem; line-height: 1.25 }
a { display: inline-block; padding: .65rem 1.2rem; border-radius: .5rem; background: #0b5d4b; color: #fff }
a:focus-visible { outline: 3px solid currentColor; outline-offset: 3px }
</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p>${escape(text)}</p>
<p><a href="${escape(link.href)}">${escape(link.text)}</a></p>
${small}
</main>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
