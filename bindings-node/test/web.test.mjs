// Every case of `conformance/web.json` on the Express glue: what it answers to people and to scripts, mounted or not.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import express5 from "express";
import express4 from "express-4";
import { LoopClient } from "@platform/sdk";
import { loopAuth } from "@platform/sdk/express";
import { startSandbox } from "@platform/sdk/testing";
import { errorOf } from "../lib/errors.js";
import { ERROR_ACTIONS } from "../lib/generated.js";
import { Browser, failure, flatError, root } from "./helpers.mjs";

const web = JSON.parse(readFileSync(join(root, "..", "conformance", "web.json"), "utf8"));
const SECRET = "a-session-secret-of-thirty-two-characters";
const OTHER = "user_canary";

const sandboxes = new Map();
for (const redirectUri of [
  "http://localhost:5000/auth/callback",
  "http://localhost:5000/prefix/auth/callback",
  "https://app.example/auth/callback",
]) {
  const sandbox = await startSandbox({ redirectUri });
  after(() => sandbox.stop());
  sandboxes.set(redirectUri, sandbox);
}

// What the operator has to know is printed there.
console.error = () => {};

/** The app of the cases. */
class App {
  raises = {};

  constructor(express, sandbox, mount) {
    this.loop = new LoopClient(sandbox.options());
    const auth = loopAuth(this.loop, { afterLogin: "/home", sessionSecret: SECRET });
    const app = express();
    const fail = (req) => {
      const { user, ...given } = this.raises;
      const user_id = { own: req.loop.userId, other: OTHER }[user] ?? null;
      throw errorOf(flatError({ ...given, action: ERROR_ACTIONS[given.code], message: "A canary of the platform.", user_id }));
    };
    app.use(auth);
    app.get("/", (req, res) => res.json({ user: req.loop.userId ?? null }));
    app.get("/home", auth.requireUser, (req, res, next) => {
      this.loop.clinical.listBiomarkers({ userId: auth.userId(req) }).then((page) => res.json(page), next);
    });
    app.post("/change", auth.requireUser, (_req, res) => res.send("done"));
    // Within a router of its own, whose `baseUrl` is not the glue's.
    const inner = express.Router();
    inner.all("/", auth.requireUser, fail);
    app.use("/fail", inner);
    app.get("/public", fail);
    app.use(auth.errors);
    this.express = express().use(mount === "" ? "/" : mount, app);
  }
}

/** Plays the steps of one case. */
class Player {
  #browsers = new Map();
  #kept = new Map();

  static async start(express, { mount = "", https = false }) {
    const player = new Player();
    const redirectUri = https ? "https://app.example/auth/callback" : `http://localhost:5000${mount}/auth/callback`;
    Object.assign(player, { mount, sandbox: sandboxes.get(redirectUri) });
    player.app = new App(express, player.sandbox, mount);
    player.listening = player.app.express.listen(0);
    await once(player.listening, "listening");
    player.browser = player.#named("own");
    player.exchanges = (await player.sandbox.stats()).exchanges;
    return player;
  }

  async play({ raises = {}, expect, ...step }) {
    this.app.raises = raises;
    for (const method of ["get", "post", "head"]) {
      if (step[method] !== undefined) {
        return this.#check(await this.#send(this.browser, method, step[method], step.as), expect);
      }
    }
    if (step.begin !== undefined) {
      const begun = await this.#send(this.browser, "get", step.begin, "page");
      assert.equal(begun.status, 303, begun.text);
      this.#kept.set(step.into, await this.sandbox.signIn(begun.location, { allow: step.allow ?? true }));
    } else if (step.sign_in !== undefined) {
      const begun = await this.#send(this.browser, "get", `${this.mount}/login`, "page");
      this.#kept.set("", await this.sandbox.signIn(begun.location, { person: step.sign_in }));
      assert.equal((await this.#send(this.browser, "get", "@", "page")).status, 303);
      this.userId = await this.#signedIn();
    } else if (step.at_once !== undefined) {
      const sent = step.at_once.map((path) => this.#send(this.#copy(), "get", path, "page"));
      const answers = await Promise.all(sent);
      // Whoever signed in says so; the others come after.
      const rank = ({ headers }) => headers.getSetCookie().every((line) => !line.startsWith("loop_signed_in=1"));
      answers.sort((one, other) => rank(one) - rank(other));
      for (const [index, answer] of answers.entries()) {
        await this.#check(answer, expect[index]);
      }
    } else if (step.token_fault !== undefined) {
      const { retry_after: retryAfter, ...fault } = step.token_fault;
      await this.sandbox.tokenFault({ ...fault, retryAfter });
    } else if (step.browser !== undefined) {
      this.browser = this.#named(step.browser);
    } else if (step.drop === "session") {
      assert.ok(this.browser.cookies.delete("loop_session"));
    } else if (step.end_grant) {
      await this.app.loop.revoke({ userId: this.userId });
    } else if (step.grant === "alive") {
      assert.ok(await this.app.loop.accessToken({ userId: this.userId }));
    } else if (step.grant === "gone") {
      await failure(this.app.loop.accessToken({ userId: this.userId }), "not_connected");
    } else if (step.exchanges !== undefined) {
      assert.equal((await this.sandbox.stats()).exchanges - this.exchanges, step.exchanges);
    } else {
      assert.fail("no runner knows this step");
    }
    return undefined;
  }

  stop() {
    this.listening.close();
    this.listening.closeAllConnections();
  }

  #named(name) {
    const browser = this.#browsers.get(name) ?? new Browser(`http://localhost:${this.listening.address().port}`);
    this.#browsers.set(name, browser);
    return browser;
  }

  #copy() {
    const copy = new Browser(this.browser.origin);
    copy.cookies = new Map(this.browser.cookies);
    return copy;
  }

  async #send(browser, method, path, how) {
    const { pathname, search } = new URL(path.startsWith("@") ? this.#kept.get(path.slice(1)) : path, browser.origin);
    const url = path.startsWith("@") ? pathname + search : path;
    const { Accept, ...headers } = typeof how === "string" ? web.requests[how] : how;
    return browser.send(method.toUpperCase(), url, { ...headers, accept: Accept });
  }

  async #signedIn() {
    const { text } = await this.#send(this.#copy(), "get", `${this.mount}/`, "page");
    return JSON.parse(text).user;
  }

  async #check(answer, { status, location, headers = {}, cookies, clears = [], type, json, page, signed_in, ...more }) {
    assert.deepEqual(more, {});
    assert.ok([status].flat().includes(answer.status), `${answer.status}: ${answer.text}`);
    if (answer.status >= 400) {
      assert.doesNotMatch(answer.text, /canary|user_/);
    }
    if (location !== undefined) {
      checkAddress(answer.location, location);
    }
    for (const [name, value] of Object.entries(headers)) {
      assert.equal(answer.headers.get(name), value, name);
    }
    const set = answer.headers.getSetCookie().map((line) => {
      const [pair, ...rest] = line.split("; ");
      const [name, value] = pair.split(/=(.*)/s);
      return { name, value, rest };
    });
    if (cookies !== undefined) {
      const given = set.filter(({ name, value }) => value !== "" && !name.endsWith("loop_session"));
      const sorted = (entries) => entries.map(([name, rest]) => [name, [...rest].sort()]);
      assert.deepEqual(sorted(given.map(({ name, rest }) => [name, rest])), sorted(Object.entries(cookies)));
    }
    for (const name of clears) {
      const cleared = set.find((each) => each.name === name);
      assert.ok(cleared?.value === "" && cleared.rest.includes("Max-Age=0"), name);
    }
    if (type !== undefined) {
      assert.match(answer.headers.get("content-type"), type === "html" ? /^text\/html\b/ : /^application\/json\b/);
    }
    if (json !== undefined) {
      const body = JSON.parse(answer.text);
      for (const [name, value] of Object.entries(json)) {
        assert.equal(body[name] ?? null, value, name);
      }
      const allowed = ["error", "action", "message", "login_url", "request_id"];
      assert.deepEqual(Object.keys(body).filter((name) => !allowed.includes(name)), []);
    }
    if (page !== undefined) {
      checkPage(answer.text, page);
    }
    if (signed_in !== undefined) {
      assert.equal((await this.#signedIn()) !== null, signed_in);
    }
  }
}

function checkPage(html, { title, note, link }) {
  const one = (pattern) => {
    const found = [...html.matchAll(pattern)].map(([, text]) => text);
    assert.equal(found.length, 1, `${pattern}: ${html}`);
    return found[0].replace(/&#(\d+);/g, (_whole, code) => String.fromCharCode(code));
  };
  const shown = { title: one(/<h1>(.*?)<\/h1>/g), note: one(/<small>(.*?)<\/small>/g) };
  assert.equal(shown.title, title ?? shown.title);
  assert.equal(shown.note, note ?? shown.note);
  const address = one(/<a href="([^"]*)">/g);
  if (link !== undefined) {
    checkAddress(address, link);
  }
}

function checkAddress(address, expect) {
  if (expect === "loop") {
    assert.match(new URL(address).pathname, /\/v1\/oauth\/authorize$/);
  } else if (expect !== null && typeof expect === "object") {
    const { pathname, searchParams } = new URL(address, "http://localhost");
    assert.deepEqual([pathname, [...searchParams]], [expect.path, [["next", expect.next]]]);
  } else {
    assert.equal(address, expect);
  }
}

for (const [name, express] of [
  ["5", express5],
  ["4", express4],
]) {
  describe(`Express ${name}`, () => {
    for (const { name: title, steps, ...how } of web.cases) {
      test(title, async () => {
        const player = await Player.start(express, how);
        try {
          for (const step of steps) {
            await player.play(step).catch((cause) => {
              throw new Error(JSON.stringify(step), { cause });
            });
          }
        } finally {
          player.stop();
        }
      });
    }
  });
}
