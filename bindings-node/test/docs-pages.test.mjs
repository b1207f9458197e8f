// The Node code of the docs' other pages runs as printed, against the sandbox; TypeScript compiles under --strict.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { LoopClient, SCOPES } from "@platform/sdk";
import { startSandbox } from "@platform/sdk/testing";
import { compile, environment, installedProject, root, signIn } from "./helpers.mjs";

const project = installedProject();
const docs = (name) => join(root, "..", "docs", "src", name);
const own = Object.values(SCOPES).filter((scope) => !scope.startsWith("admin:"));
const SECRET = "whsec_docs";

/** The one block of a page in this language that contains a text. */
function block(file, language, containing) {
  const blocks = [...readFileSync(file, "utf8").matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))];
  const found = blocks.map(([, code]) => code).filter((code) => code.includes(containing));
  assert.equal(found.length, 1, `${file}: blocks with ${containing}`);
  return found[0];
}

/** A block as a module, compiled where it is TypeScript. */
async function module(name, file, language, containing, change = (code) => code) {
  const source = join(project, `${name}.${language === "ts" ? "mts" : "mjs"}`);
  writeFileSync(source, change(block(file, language, containing)));
  if (language === "ts") await compile(project, [`${name}.mts`]);
  return () => import(pathToFileURL(join(project, `${name}.mjs`)));
}

async function started(scopes = own) {
  const sandbox = await startSandbox({ scopes });
  after(() => sandbox.stop());
  return sandbox;
}

const delivery = (id) => {
  const body = JSON.stringify({ id, type: "a.b.c.v1", user_id: "u", client_id: "c", occurred_at: "2026-05-22T12:34:56Z", data: {} });
  return { body, headers: new Headers({ "X-Loop-Signature": createHmac("sha256", SECRET).update(body).digest("hex") }) };
};

test("calls: a write whose answer is lost is done once", async () => {
  const load = await module("calls", docs("calls.md"), "ts", "uploadBloodwork");
  const sandbox = await started();
  const loop = new LoopClient(sandbox.options());
  const { userId } = await signIn(sandbox, loop);
  const { upload } = await load();
  await sandbox.apiFault({ kind: "no_answer", when: "after", method: "POST", times: 4 });
  assert.equal(await upload(loop, userId, Buffer.from("%PDF-1.4"), "report-1"), undefined);
  const report = await upload(loop, userId, Buffer.from("%PDF-1.4"), "report-1");
  assert.equal(report.content_type, "application/pdf");
  const stats = await sandbox.stats();
  assert.equal(stats.apiWritesDone ?? stats.api_writes_done, 1);
});

test("audit log: two entries for a call, readable for the owner alone", async (t) => {
  const load = await module("audit", docs("audit-log.md"), "ts", "auditRequired");
  const sandbox = await started();
  const store = `sqlite:${join(project, "audit.db")}`;
  Object.assign(process.env, environment(sandbox, store));
  const before = process.cwd();
  process.chdir(project);
  t.after(() => process.chdir(before));
  const { userId } = await signIn(sandbox, new LoopClient());
  await (await load()).score(userId, "clinician-7");
  const entries = readFileSync("audit.jsonl", "utf8").trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(entries.map(({ outcome, actor, purpose }) => [outcome, actor, purpose]), [
    ["begun", "clinician-7", "treatment"],
    ["ok", "clinician-7", "treatment"],
  ]);
  assert.equal(statSync("audit.jsonl").mode & 0o777, 0o600);
});

test("M2M: before and after read the same results", async () => {
  const sandbox = await started(["read:biomarkers"]);
  const machine = await sandbox.machineOptions(["admin:clinical"]);
  const at = (service) => machine.environment.replace("{service}", service);
  await fetch(`${sandbox.baseUrl}/_sandbox/switches`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_credentials_at_token_endpoint: true }),
  });
  Object.assign(process.env, environment(sandbox, `sqlite:${join(project, "m2m.db")}`), {
    SERVICE_CLIENT_ID: machine.clientId,
    SERVICE_CLIENT_SECRET: machine.clientSecret,
    LOOP_SERVICE_CLIENT_ID: machine.clientId,
    LOOP_SERVICE_CLIENT_SECRET: machine.clientSecret,
  });
  const here = (code) => code.replace(/https:\/\/(identity|clinical)\.platform\.loop\.health/g, (_, service) => at(service));
  const page = docs("m2m.md");
  const modules = [
    await module("before", page, "js", "grant_type", here),
    await module("person", page, "js", "LoopClient"),
    await module("machine", page, "js", "M2MClient"),
  ];
  const { userId } = await signIn(sandbox, new LoopClient());
  const ids = [];
  for (const load of modules) ids.push((await (await load()).results(userId)).map(({ id }) => id));
  assert.ok(ids[0].length > 10);
  assert.deepEqual(ids[1], ids[0]);
  assert.deepEqual(ids[2], ids[0]);
});

test("webhooks without a framework", async () => {
  const load = await module("receive", docs("webhooks.md"), "ts", "function receive");
  process.env.LOOP_WEBHOOK_SECRET = SECRET;
  const loop = new LoopClient({ clientId: "client_docs", environment: "http://127.0.0.1:9/{service}", store: "memory:" });
  const { receive } = await load();
  const come = (id) => receive(loop, Buffer.from(delivery(id).body), delivery(id).headers);
  assert.deepEqual([await come("evt_1"), await come("evt_1")], [200, 200]);
  assert.equal(await loop.claimEvent("evt_2"), "new");
  assert.equal(await come("evt_2"), 503);
  assert.equal(await receive(loop, Buffer.from("{}"), new Headers()), 401);
});

for (const [name, file] of [["the page", docs("webhooks.md")], ["the README", join(root, "..", "README.md")]]) {
  test(`the Express webhooks of ${name}`, async () => {
    const reserved = createServer().listen(0, "127.0.0.1");
    await once(reserved, "listening");
    const { port } = reserved.address();
    reserved.close();
    const code = block(file, "js", "loopWebhooks(").replace("app.listen(3000)", `app.listen(${port})`);
    writeFileSync(join(project, "hooks.mjs"), code);
    const env = { ...process.env, PORT: String(port), LOOP_WEBHOOK_SECRET: SECRET, LOOP_CLIENT_ID: "client_docs", LOOP_STORE: "memory:" };
    const server = spawn(process.execPath, ["hooks.mjs"], { cwd: project, env, stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    server.stdout.on("data", (chunk) => (printed += chunk));
    try {
      const { body, headers } = delivery("evt_1");
      const post = (more = "") => fetch(`http://127.0.0.1:${port}/webhooks/loop`, { method: "POST", body: body + more, headers });
      let answer;
      while (!answer && server.exitCode === null) answer = await post().catch(() => undefined);
      assert.equal(answer.status, 200);
      assert.equal((await post()).status, 200);
      assert.equal((await post(" ")).status, 401);
    } finally {
      server.kill();
      await once(server, "exit");
    }
    assert.equal(printed.match(/evt_1/g).length, 1);
  });
}

test("the READMEs' and pages' TypeScript compiles under --strict", async () => {
  const files = [];
  for (const page of [docs("calls.md"), docs("webhooks.md"), docs("audit-log.md"), join(root, "README.md")]) {
    for (const [, code] of readFileSync(page, "utf8").matchAll(/```ts\n([^]*?)```/g)) {
      files.push(`page-${files.length}.mts`);
      writeFileSync(join(project, files.at(-1)), code);
    }
  }
  assert.equal(files.length, 8);
  await compile(project, files, "--noEmit");
});
