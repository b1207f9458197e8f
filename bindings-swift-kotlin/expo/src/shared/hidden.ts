// Written by `cargo xtask codegen` from `bindings-node/ts/hidden.ts`: do not edit.
// Makes what the platform returns print without its values: a record's first use by a newcomer is console.log.

/** Node's `inspect.custom`, which needs no import of Node's: this file serves React Native too. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Any JSON value, where the platform says no more than that. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Gives a parsed JSON value its type, and the prototype that hides it. @internal */
export type Decode<T> = (value: unknown) => T;

/** Defines the ways in which a value turns into text. They are invisible to loops, spread and JSON. @internal */
export function hide<T extends object>(target: T, describe: (self: T) => string): T {
  const method = (name: string | symbol): void => {
    Object.defineProperty(target, name, {
      configurable: true,
      writable: true,
      value(this: T): string {
        return describe(this);
      },
    });
  };
  method("toString");
  method("toLocaleString");
  method(Symbol.toPrimitive);
  method(INSPECT);
  return target;
}

/**
 * An object whose values are in a private field, behind accessors of its own: loops, spread and JSON find them, and
 * printing shows `[Getter]` at most, also where it ignores `inspect.custom` as `console.dir` does.
 */
class Hidden {
  readonly #values: Record<string, unknown>;

  constructor(values: Record<string, unknown>, accessor: (name: string) => PropertyDescriptor) {
    this.#values = values;
    for (const name of Object.keys(values)) {
      Object.defineProperty(this, name, accessor(name));
    }
  }

  static accessor(name: string): PropertyDescriptor {
    return {
      enumerable: true,
      configurable: true,
      get(this: Hidden): unknown {
        return this.#values[name];
      },
    };
  }
}

/** Where a value keeps its loggable form. Shared by all copies of this package in a process. @internal */
export const SAFE_VIEW = Symbol.for("@platform/sdk.safeView");

/** What stands in a loggable form in place of a value. */
const NOT_SHOWN = "[hidden]";

/** A record inside a record may have something to show, and a list of them; nothing else says anything. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) {
    return Object.getPrototypeOf(value) === recordList ? value.map(shown) : NOT_SHOWN;
  }
  return isViewable(value) ? value[SAFE_VIEW]() : NOT_SHOWN;
}

function isViewable(value: unknown): value is { [SAFE_VIEW](): unknown } {
  return typeof value === "object" && value !== null && typeof (value as Record<symbol, unknown>)[SAFE_VIEW] === "function";
}

/**
 * A decoder of a record. All records of a kind share one prototype and one accessor per field. `safe` are the fields whose
 * values may stand in a log. @internal
 */
export function record<T>(
  name: string,
  nested: Readonly<Record<string, Decode<unknown>>> = {},
  safe: readonly string[] = [],
): Decode<T> {
  class Kind extends Hidden {
    static {
      Object.defineProperty(this, "name", { value: name });
      hide(this.prototype, () => `<${name}: values hidden>`);
      Object.defineProperty(this.prototype, SAFE_VIEW, {
        value(this: Record<string, unknown>): unknown {
          const fields = Object.keys(this).map((field) => {
            const view = safe.includes(field) ? this[field] : shown(this[field]);
            return [field === "type" ? "type_" : field, view];
          });
          return { type: name, ...Object.fromEntries(fields) };
        },
      });
    }
  }
  const accessors = new Map<string, PropertyDescriptor>();
  const accessor = (field: string): PropertyDescriptor => {
    let known = accessors.get(field);
    if (known === undefined) {
      known = Hidden.accessor(field);
      accessors.set(field, known);
    }
    return known;
  };
  const fields = Object.entries(nested);
  return (value) => {
    if (value === null || value === undefined) {
      return value as T;
    }
    const fieldsOf = value as Record<string, unknown>;
    for (const [field, decode] of fields) {
      fieldsOf[field] = decode(fieldsOf[field]);
    }
    return new Kind(fieldsOf, accessor) as T;
  };
}

class HiddenJson extends Hidden {
  static {
    hide(this.prototype, () => "<Json: values hidden>");
  }
}

const hiddenList = hide(
  Object.create(Array.prototype) as unknown[],
  (self) => `<list of ${self.length}: values hidden>`,
);

/** A list of records is told from others also where it is empty. */
const recordList = Object.create(hiddenList) as unknown[];

/** A decoder of a list of records inside a record. @internal */
export function records(decode: Decode<unknown>): Decode<unknown> {
  const decoded = list(decode);
  return (value) => {
    const items = decoded(value);
    return Array.isArray(items) ? (Object.setPrototypeOf(items, recordList) as unknown) : items;
  };
}

/** A decoder of a list inside a record. @internal */
export function list(decode?: Decode<unknown>): Decode<unknown> {
  return (value) => {
    if (!Array.isArray(value)) {
      return value;
    }
    value.forEach((item, index) => {
      const decoded: unknown = decode ? decode(item) : item;
      if (typeof decoded === "object" && decoded !== null) {
        value[index] = decoded;
      } else {
        // `console.dir` shows the elements of an array whatever its prototype says; of these it shows `[Getter]`.
        Object.defineProperty(value, index, { enumerable: true, configurable: true, get: () => decoded });
      }
    });
    return Object.setPrototypeOf(value, hiddenList) as unknown;
  };
}

/** Hides a JSON value, and what is inside it. @internal */
export function json(value: unknown): Json {
  if (Array.isArray(value)) {
    return list(json)(value) as Json;
  }
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      // Assigning `__proto__` would not set a property of that name.
      if (typeof inner === "object" && key !== "__proto__") {
        (value as Record<string, unknown>)[key] = json(inner);
      }
    }
    return new HiddenJson(value as Record<string, unknown>, Hidden.accessor) as unknown as Json;
  }
  return value as Json;
}
