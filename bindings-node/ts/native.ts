// Finds the native addon: beside this package in a checkout, else in the package for this platform.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Hook } from "./hook";

/** @internal */
export interface CancelHandle {
  cancel(): void;
}

/** @internal */
export interface NativeClient {
  readonly redirectUri: string | null;
  readonly namespace: string | null;
  call(method: string, args: string, timeoutMs?: number, cancel?: CancelHandle): Promise<string>;
}

/** The application's own code, wrapped: none of these throws, and the promises are always fulfilled. @internal */
export interface NativeHooks {
  store?: Hook;
  lists?: boolean;
  clientSecret?: Hook;
  onEvent?: (event: string) => void;
  auditLog?: Hook;
  machine?: boolean;
}

/** @internal */
export interface Native {
  openClient(
    options: string,
    language: string,
    store: Hook | undefined,
    storeLists: boolean,
    clientSecret: Hook | undefined,
    onEvent: ((event: string) => void) | undefined,
    auditLog: Hook | undefined,
    machine: boolean | undefined,
  ): NativeClient | string;
  CancelHandle: new () => CancelHandle;
  /** Is fulfilled when no refresh is under way and all tokens are saved, or after ten seconds. Keeps Node up until then. */
  idle(): Promise<unknown>;
  /** Checks a webhook's delivery; returns a reply. */
  verifyWebhook(rawBody: Uint8Array, headers: string, secrets: string): string;
  /** The table that a Postgres store needs, as SQL. */
  storeSchema(): string;
}

let loaded: Native | undefined;

/** The addon, loaded at the first use: importing this package costs nothing. @internal */
export function native(): Native {
  return (loaded ??= load());
}

function load(): Native {
  const { platform, arch } = process;
  const targets =
    platform === "linux" ? [`${platform}-${arch}-gnu`, `${platform}-${arch}-musl`] : [`${platform}-${arch}`];
  let failure: unknown;
  for (const target of targets) {
    const built = join(__dirname, "..", "native", `loop-sdk.${target}.node`);
    const name = existsSync(built) ? built : `@platform/sdk-${target}`;
    try {
      return require(name) as Native;
    } catch (error) {
      // A package that is there and does not load says more than one that is not there.
      if (!isMissing(error, name) || failure === undefined) {
        failure = error;
      }
    }
  }
  const target = platform === "linux" ? `${platform}-${arch}-${isMusl() ? "musl" : "gnu"}` : `${platform}-${arch}`;
  throw new Error(
    `@platform/sdk has no native part for this machine: the package @platform/sdk-${target} is missing or can't be ` +
      "loaded. Run npm install again on this machine and for this platform, without --omit=optional and without a " +
      "node_modules folder or lock file that was made on another one. In a checkout of Loop SDK: npm run build.",
    { cause: failure },
  );
}

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "MODULE_NOT_FOUND" && message.includes(name);
}

/** Asked only when something is missing: the report is slow to make. */
function isMusl(): boolean {
  const report = process.report.getReport() as unknown as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined;
}
