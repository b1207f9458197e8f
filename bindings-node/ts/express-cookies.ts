// The cookies of the Express glue: reading, writing, and the signed one that says who is signed in.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Request, Response } from "express";

/** How a cookie of the glue is written: never readable by scripts, never sent from other sites' forms. */
export class Cookies {
  readonly #secure: boolean;

  constructor(secure: boolean) {
    this.#secure = secure;
  }

  /** `__Host-` binds the cookie to exactly this host; browsers take that name over HTTPS only. */
  #name(name: string): string {
    return this.#secure ? `__Host-${name}` : name;
  }

  get(req: Request, name: string): string | undefined {
    const wanted = this.#name(name);
    for (const pair of (req.headers.cookie ?? "").split(";")) {
      const at = pair.indexOf("=");
      if (at > 0 && pair.slice(0, at).trim() === wanted) {
        return pair.slice(at + 1).trim();
      }
    }
    return undefined;
  }

  /** Every value that is set here is base64url with dots, so nothing needs an encoding. */
  set(res: Response, name: string, value: string, maxAgeSeconds?: number): void {
    const age = maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`;
    const secure = this.#secure ? "; Secure" : "";
    res.append("Set-Cookie", `${this.#name(name)}=${value}; Path=/; HttpOnly; SameSite=Lax${age}${secure}`);
  }

  clear(res: Response, name: string): void {
    this.set(res, name, "", 0);
  }
}

/** Signs who is signed in and until when, so that the app keeps no sessions. */
export class Sealer {
  readonly #key: string;
  readonly #namespace: string;

  /** The namespace tells issuers and clients apart: a user id of one says nothing at another. */
  constructor(key: string, namespace: string) {
    this.#key = key;
    this.#namespace = namespace;
  }

  seal(userId: string, expiresAt: number): string {
    const payload = Buffer.from(JSON.stringify([userId, expiresAt])).toString("base64url");
    return `${payload}.${this.#mac(payload)}`;
  }

  /** The user id, unless the text was changed, signed by another key, or is over. */
  unseal(text: string, now: number): string | undefined {
    const [payload, mac, ...more] = text.split(".");
    if (!payload || !mac || more.length > 0) {
      return undefined;
    }
    // Compared as text: base64 has many spellings of the same bytes, and only ours counts.
    const given = Buffer.from(mac);
    const expected = Buffer.from(this.#mac(payload));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return undefined;
    }
    const [userId, expiresAt] = JSON.parse(Buffer.from(payload, "base64url").toString()) as [string, number];
    return now < expiresAt ? userId : undefined;
  }

  #mac(payload: string): string {
    // The purpose is part of the input, so that the key may sign other things elsewhere.
    return createHmac("sha256", this.#key).update(`loop_session\n${this.#namespace}\n${payload}`).digest("base64url");
  }
}
