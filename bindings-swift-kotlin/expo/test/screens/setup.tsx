// Renders a screen over a double, and finds what is on it.
import type { ReactElement } from "react";
import { AppState, Linking } from "react-native";
import { act, create, type ReactTestInstance, type ReactTestRenderer } from "react-test-renderer";

export const links: ((event: { url: string }) => void)[] = [];
export const states: ((state: string) => void)[] = [];

/** What the system does around the app: the URL that started it, later ones, coming back to the foreground. */
export function device(initial: string | null = null): void {
  links.length = 0;
  states.length = 0;
  jest.spyOn(Linking, "getInitialURL").mockResolvedValue(initial);
  jest.spyOn(Linking, "addEventListener").mockImplementation(((_: string, listener: never) => listening(links, listener)) as never);
  jest.spyOn(AppState, "addEventListener").mockImplementation(((_: string, listener: never) => listening(states, listener)) as never);
}

function listening<T>(list: T[], listener: T): { remove(): void } {
  list.push(listener);
  return { remove: () => void list.splice(list.indexOf(listener), 1) };
}

let mounted: ReactTestRenderer | undefined;

export async function render(element: ReactElement): Promise<ReactTestRenderer> {
  await act(async () => {
    mounted = create(element);
  });
  return mounted as ReactTestRenderer;
}

export async function unmount(): Promise<void> {
  await act(async () => mounted?.unmount());
  mounted = undefined;
}

/** All text on the screen. */
export function text(screen: ReactTestRenderer): string {
  return words(screen.toJSON()).join(" ").replace(/ +/g, " ");
}

function words(node: unknown): string[] {
  if (typeof node === "string") return [node];
  if (Array.isArray(node)) return node.flatMap(words);
  return node === null || typeof node !== "object" ? [] : words((node as { children: unknown }).children);
}

/** Presses the button that says so. */
export async function press(screen: ReactTestRenderer, title: string): Promise<void> {
  const says = (node: ReactTestInstance): boolean =>
    node.children.some((child) => (typeof child === "string" ? child === title : says(child)));
  const [button] = screen.root.findAll((node) => typeof node.props["onPress"] === "function" && says(node));
  if (button === undefined) throw new Error(`no button says ${title}: ${text(screen)}`);
  await act(async () => {
    (button.props as { onPress: () => void }).onPress();
  });
}
