// Written by `cargo xtask codegen` from `bindings-node/ts/audit.ts`: do not edit.
// The audit log: who looked at or changed whose data, and why. It says what was done, never what was read.
import { hide } from "./hidden";

/** An entry's fields, under the names that all languages' logs use; `at` is milliseconds since 1970. */
export interface AuditFields {
  at: number;
  actor: string | null;
  purpose: string | null;
  user_id: string | null;
  client_id: string;
  operation: string;
  scope: string | null;
  request_id: string | null;
  records: number | null;
  outcome: string;
}

/** One call of one of Loop's APIs. It names a person, so it prints without that; its JSON is whole. */
export class AuditEntry {
  readonly #fields: AuditFields;

  static {
    hide(this.prototype, (entry) => `<AuditEntry ${entry.operation} ${entry.outcome}: values hidden, use JSON.stringify>`);
  }

  /** @internal */
  constructor(fields: AuditFields) {
    this.#fields = fields;
  }

  /** When the call ended, or began where `outcome` is `begun`. */
  get at(): Date {
    return new Date(this.#fields.at);
  }

  /** Who called, as the application said. */
  get actor(): string | null {
    return this.#fields.actor;
  }

  /** Why, as the application said. */
  get purpose(): string | null {
    return this.#fields.purpose;
  }

  /** Whose data: the person whose grant was used, or whom a machine's call names; null where it names nobody. */
  get userId(): string | null {
    return this.#fields.user_id;
  }

  /** The app. */
  get clientId(): string {
    return this.#fields.client_id;
  }

  /** For instance `clinical.list_biomarkers`; `request` with the method and service for any other request. */
  get operation(): string {
    return this.#fields.operation;
  }

  /** The scope that the operation needs; null where the SDK does not know it. */
  get scope(): string | null {
    return this.#fields.scope;
  }

  /** The platform's id of the request. */
  get requestId(): string | null {
    return this.#fields.request_id;
  }

  /** How many records came back; null where none did. */
  get records(): number | null {
    return this.#fields.records;
  }

  /** `ok`, the code of the error, or `begun`. */
  get outcome(): string {
    return this.#fields.outcome;
  }

  /** The whole entry, for a file or a queue. */
  toJSON(): AuditFields {
    return { ...this.#fields };
  }
}

/** Where the audit log goes: a function, a logger, or the path of a file. */
export type AuditLog = ((entry: AuditEntry) => unknown) | { info(entry: AuditEntry): unknown } | string;
