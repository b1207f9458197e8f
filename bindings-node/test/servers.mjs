// Real servers from Debian's packages, on loopback, in a folder of their own. They end with the test file.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where a program is, or undefined. */
function program(name, elsewhere = []) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...elsewhere];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Debian keeps Postgres's programs out of the way, by version. */
function postgresProgram(name) {
  const versions = "/usr/lib/postgresql";
  const folders = existsSync(versions) ? readdirSync(versions).sort().reverse() : [];
  return program(name, folders.map((version) => join(versions, version, "bin")));
}

/** What has to be installed for the tests with a server; nothing where all of it is there. */
export function missing(server) {
  const needs = {
    redis: [[program("redis-server"), "redis-server", "redis-server"]],
    postgres: ["initdb", "postgres", "psql"].map((name) => [postgresProgram(name), name, "postgresql"]),
  };
  const [gone] = needs[server].filter(([file]) => file === undefined);
  return gone && `${gone[1]} is missing: install the Debian package ${gone[2]}`;
}

/** Whom Postgres runs as where the tests are root's, since it refuses to be root. */
function serverUser() {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const users = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
  const [, , uid, gid] = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  return { uid: Number(uid), gid: Number(gid) };
}

/** A folder that is gone after the test file; `user` owns it. */
function folderOf(user) {
  const folder = mkdtempSync(join(tmpdir(), "loop-server-"));
  if (user !== undefined) {
    chownSync(folder, user.uid, user.gid);
  }
  return folder;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a server and waits until it says that it is ready. Undefined where it ended before. */
async function start(file, args, ready, user) {
  // On Linux the kernel ends it with this process, however this process ends.
  const [command, all] =
    process.platform === "linux" ? ["setpriv", [...asUser(user), "--pdeathsig", "KILL", file, ...args]] : [file, args];
  const child = spawn(command, all, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const isReady = new Promise((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      // Reads on to the end, so that the server is never held up by a full pipe.
      createInterface(output).on("line", (line) => line.includes(ready) && resolve(true));
    }
  });
  return (await Promise.race([isReady, ended])) === true ? { child, ended } : undefined;
}

function asUser(user) {
  return user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
}

/** Another program may take a port between the look and the start; then the next one is tried. */
async function onAFreePort(folder, starting) {
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = await freePort();
    const running = await starting(port);
    if (running !== undefined) {
      after(async () => {
        running.child.kill("SIGKILL");
        await running.ended;
        rmSync(folder, { recursive: true, force: true });
      });
      return port;
    }
  }
  throw new Error("the server does not start");
}

/** A Redis that keeps every confirmed write. Returns its URL. */
export async function startRedis() {
  const folder = folderOf();
  const settings = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--save", ""];
  const port = await onAFreePort(folder, (port) => {
    const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, ...settings];
    return start(program("redis-server"), args, "Ready to accept connections");
  });
  return `redis://127.0.0.1:${port}`;
}

const PASSWORD = "pass-of-app";

/** A Postgres with one user, `app`, who owns everything. Returns the URL of an empty database. */
export async function startPostgres() {
  const user = serverUser();
  const folder = folderOf(user);
  const [data, password] = [join(folder, "data"), join(folder, "password")];
  writeFileSync(password, PASSWORD);
  if (user !== undefined) {
    chownSync(password, user.uid, user.gid);
  }
  const settings = ["--no-sync", "--encoding=UTF8", "--locale=C", "--username=app", "--auth=scram-sha-256"];
  await run(postgresProgram("initdb"), [...settings, "--pwfile", password, "-D", data], { ...user, cwd: folder });
  const port = await onAFreePort(folder, (port) => {
    const args = ["-h", "127.0.0.1", "-k", "", "-c", "fsync=off", "-p", String(port), "-D", data];
    return start(postgresProgram("postgres"), args, "database system is ready to accept", user);
  });
  return `postgres://app:${PASSWORD}@127.0.0.1:${port}/postgres`;
}

/** Runs SQL as the owner. */
export async function execute(url, sql) {
  const psql = run(postgresProgram("psql"), ["--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--quiet", url]);
  psql.child.stdin.end(sql);
  await psql;
}
