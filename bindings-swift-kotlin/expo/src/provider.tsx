// Loop for the components of an app: one client, where the person stands, and the steps that a screen offers.
import { createContext, type ReactNode, useContext, useEffect, useLayoutEffect, useMemo, useSyncExternalStore } from "react";
import { AppState, Linking } from "react-native";
import { auditTarget } from "./audit";
import type { DeviceClient } from "./client";
import { LoopClient } from "./loop-client";
import type { ClientOptions, SignInRequest } from "./options";
import { type Live, Session, type SessionState } from "./session";
import type { Tokens } from "./shared/types";

/** What {@link useLoop} gives. None of its functions rejects: what failed is in `error`. */
export interface Loop extends SessionState {
  /** Calls Loop. Null where there is no native part: `error` says so. */
  readonly client: DeviceClient | null;
  /** Opens the browser. Null where the person did not sign in. */
  readonly signIn: (request?: SignInRequest) => Promise<Tokens | null>;
  /** Finishes a sign-in from the URL that opened the app. The provider does so by itself for URLs that `Linking` has. */
  readonly resumeSignIn: (url: string) => Promise<Tokens | null>;
  /** Ends the grant at Loop, and forgets it. */
  readonly disconnect: () => Promise<void>;
}

/** What the provider takes: options, or a client that the app made. */
export type LoopProviderProps = { readonly children?: ReactNode } & (
  | { readonly options: ClientOptions; readonly client?: undefined }
  | { readonly client: DeviceClient; readonly options?: undefined }
);

const Context = createContext<{ session: Session; loop: Loop } | null>(null);

/** One for each set of options: React may run a component's code twice, and two clients are one too many. */
const sessions = new Map<string, Session>();
const ofClients = new WeakMap<DeviceClient, Session>();

/** URLs that were handled: `getInitialURL` answers with the same one for as long as the app lives. */
const handled = new Set<string>();

/** Gives its children Loop, and finishes sign-ins that come back by a URL. Has to stand above {@link useLoop}. */
export function LoopProvider({ options, client, children }: LoopProviderProps): ReactNode {
  const key = keyOf(options);
  const session = useMemo(
    () => (client === undefined ? sessionOf(key, options) : sessionOfClient(client)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the options
    [key, client],
  );
  const state = useSyncExternalStore(session.subscribe, session.state, session.state);
  const onEvent = options?.onEvent;
  const auditLog = options?.auditLog;

  // Before any effect of a child, which may call at once.
  useLayoutEffect(() => recordTo(session, auditLog), [session, auditLog]);

  useEffect(() => (typeof onEvent === "function" ? session.hear(onEvent) : undefined), [session, onEvent]);

  useEffect(() => {
    void session.look();
    const resumePending = (): void => resume(session.client?.pendingRedirect() ?? null);
    const resume = (url: string | null): void => {
      if (url !== null && session.client?.isCallback(url) === true && !handled.has(url)) {
        handled.add(url);
        void session.resumeSignIn(url);
      }
    };
    // The app was killed while the browser was open, and started again with the redirect.
    resumePending();
    void Linking.getInitialURL().then(resume, () => undefined);
    const link = Linking.addEventListener("url", ({ url }) => resume(url));
    const active = AppState.addEventListener("change", (next) => {
      if (next === "active") {
        void session.look();
        resumePending();
      }
    });
    return () => {
      link.remove();
      active.remove();
    };
  }, [session]);

  const value = useMemo(() => {
    const { signIn, resumeSignIn, disconnect } = session;
    return { session, loop: { ...state, client: session.client, signIn, resumeSignIn, disconnect } };
  }, [session, state]);
  return <Context value={value}>{children}</Context>;
}

/** Loop, as the nearest {@link LoopProvider} has it. */
export function useLoop(): Loop {
  const found = useContext(Context);
  if (found === null) {
    throw new Error("useLoop needs a <LoopProvider> above it.");
  }
  return found.loop;
}

/** The same for options that mean the same. Code may be another one at each render. */
function keyOf(options: ClientOptions | undefined): string {
  const plain = (name: string, value: unknown): unknown =>
    typeof value === "function" || (name === "auditLog" && isLogger(value)) ? "code" : value;
  return JSON.stringify(options, plain) ?? "";
}

function isLogger(value: unknown): boolean {
  return typeof (value as { info?: unknown } | null | undefined)?.info === "function";
}

function sessionOf(key: string, options: ClientOptions | undefined): Session {
  const made = ({ onEvent, auditLog }: Live): DeviceClient => {
    const given = options as ClientOptions;
    const listens = given?.onEvent === undefined || typeof given.onEvent === "function";
    // What is no function is left for the client to refuse, and so is what can't record.
    const live: Partial<ClientOptions> = listens ? { onEvent } : {};
    if (auditTarget(given?.auditLog).record !== undefined) {
      live.auditLog = auditLog;
    }
    return new LoopClient({ ...given, ...live });
  };
  const known = sessions.get(key) ?? new Session(made);
  sessions.set(key, known);
  return known;
}

/** Of options that the client refuses, the session's error speaks. */
function recordTo(session: Session, auditLog: ClientOptions["auditLog"]): void {
  if (session.client === null) {
    return;
  }
  const { record } = auditTarget(auditLog);
  if (record !== undefined) {
    session.recordWith(record);
  }
}

function sessionOfClient(client: DeviceClient): Session {
  const known = ofClients.get(client) ?? new Session(() => client);
  ofClients.set(client, known);
  return known;
}
