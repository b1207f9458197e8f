// One process of a race between languages: a JSON command a line on standard input, a JSON answer a line on output, with
// the command's `id` if it has one. SIGTERM is answered with {"told": "SIGTERM"}.
// The Node package has to be built. Access tokens are told apart by the beginning of their SHA-256, never printed.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";

import { isLoopError, LoopClient } from "../../bindings-node/esm/index.mjs";

let loop;

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** Options in snake_case, as all languages get them; those that are lengths of time are in seconds. */
function open(options) {
  const named = Object.entries(options).map(([name, value]) => [camelCase(name), value]);
  const { timeout, ...rest } = Object.fromEntries(named);
  loop = new LoopClient(timeout === undefined ? rest : { ...rest, timeout: timeout * 1000 });
}

const operations = {
  open({ options }) {
    open(options);
    return {};
  },

  async call({ method, user_id: userId, arguments: given = {} }) {
    const [service, operation] = method.split(".").map(camelCase);
    const answer = await loop[service][operation]({ userId, ...given });
    return { count: answer.length ?? null };
  },

  async access_token({ user_id: userId }) {
    const token = await loop.accessToken({ userId });
    return { token: createHash("sha256").update(token).digest("hex").slice(0, 12) };
  },

  exit() {
    return {};
  },
};

async function answer({ id, ...command }) {
  try {
    return { ok: true, ...(await operations[command.op](command)), id };
  } catch (error) {
    const why = isLoopError(error) ? { error: error.code } : { error: "harness", why: error?.constructor?.name };
    return { ...why, id };
  }
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const lines = createInterface({ input: process.stdin });

// No `process.exit`, here or below: the SDK may have tokens to save, and the process ends when nothing is left to do.
process.on("SIGTERM", () => {
  say({ told: "SIGTERM" });
  lines.close();
});

for await (const line of lines) {
  const command = JSON.parse(line);
  say(await answer(command));
  if (command.op === "exit") {
    break;
  }
}
process.stdin.destroy();
