// The Node code of the docs and of the README runs as printed, against the sandbox; TypeScript compiles under --strict.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { startSandbox } from "@platform/sdk/testing";
import { Browser, compile, environment, installedProject, root } from "./helpers.mjs";

const guide = join(root, "..", "docs", "src", "quickstart-node.md");
const project = installedProject();

/** The one block of a page in this language that contains a text. */
function block(file, language, containing) {
  const blocks = [...readFileSync(file, "utf8").matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))];
  const found = blocks.map(([, code]) => code).filter((code) => code.includes(containing));
  assert.equal(found.length, 1, `${file}: blocks with ${containing}`);
  return found[0];
}

test("the platform's own snippet, as the docs print it, compiles under --strict in an Express handler, and runs", async () => {
  const snippet = block(guide, "ts", "exchangeCode(req.query.code, req.query.state)");
  // Its lines stay as they are; what a reader adds around them is the handler.
  const [imports, body] = [/^import .*$/gm.exec(snippet)[0], snippet.replace(/^import .*$/gm, "")];
  const module = `import type { Request } from "express";\n${imports}\nexport async function callback(req: Request) {\n${body}\nreturn biomarkers;\n}\n`;
  writeFileSync(join(project, "snippet.mts"), module);
  await compile(project, ["snippet.mts"]);

  const redirectUri = "https://your-app.example.com/auth/loop/callback";
  const sandbox = await startSandbox({ redirectUri });
  Object.assign(process.env, environment(sandbox, `sqlite:${join(project, "grants.db")}`));
  const { LoopClient } = await import("@platform/sdk");
  const { url } = await new LoopClient().authorizationUrl();
  const back = new URL(await sandbox.signIn(url));
  const { callback } = await import(pathToFileURL(join(project, "snippet.mjs")));
  const biomarkers = await callback({ query: Object.fromEntries(back.searchParams) });
  assert.ok(biomarkers.length > 10);
  await sandbox.stop();
});

test("every other TypeScript block of the guide compiles under --strict", async () => {
  const blocks = [...readFileSync(guide, "utf8").matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);
  const whole = blocks.filter((code) => !code.includes("exchangeCode(req.query.code"));
  assert.equal(whole.length, 3);
  const files = whole.map((code, index) => {
    writeFileSync(join(project, `guide-${index}.mts`), code);
    return `guide-${index}.mts`;
  });
  await compile(project, files, "--noEmit");
});

for (const file of [guide, join(root, "..", "README.md")]) {
  test(`the Express app of ${file.endsWith("README.md") ? "the README" : "the guide"} runs`, async () => {
    const reserved = createServer().listen(0, "127.0.0.1");
    await once(reserved, "listening");
    const { port } = reserved.address();
    reserved.close();
    const origin = `http://localhost:${port}`;
    const sandbox = await startSandbox({ redirectUri: `${origin}/callback` });
    const code = block(file, "js", "loopAuth(loop)").replace("app.listen(3000)", `app.listen(${port})`);
    writeFileSync(join(project, "server.mjs"), code);
    const env = { ...process.env, ...environment(sandbox, "memory:"), PORT: String(port), LOOP_SESSION_SECRET: "s".repeat(32) };
    const server = spawn(process.execPath, ["server.mjs"], { cwd: project, env, stdio: ["ignore", "inherit", "inherit"] });
    try {
      const browser = new Browser(origin);
      let first;
      while (!first && server.exitCode === null) first = await browser.get("/").catch(() => undefined);
      const { location } = await browser.get("/login");
      await browser.get(await sandbox.signIn(location));
      const { text } = await browser.get("/");
      assert.ok(JSON.parse(text).items.some((biomarker) => biomarker.biomarker_name === "Ferritin"));
    } finally {
      server.kill();
      await sandbox.stop();
    }
  });
}
