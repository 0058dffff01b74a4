import "./unhandled.js";
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { realpathSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { ServerExitError, spawnChannel, spawnWorkroom, type SpawnOptions } from "workroom-client/node";

const script = fileURLToPath(new URL("../test/fixtures/server.mjs", import.meta.url));

async function start(mode: string, options: SpawnOptions = {}) {
  const processes: ChildProcess[] = [];
  const client = await spawnWorkroom({
    binary: process.execPath, args: [script, mode], onSpawn: (child) => void processes.push(child), ...options,
  });
  return { client, processes };
}

test("a process is started as told, and ends with the client", async () => {
  let log = "";
  const cwd = realpathSync(tmpdir());
  const { client, processes } = await start("echo", { cwd, env: { WORKROOM_TEST: "ä" }, stderr: (text) => (log += text) });
  const { pid, ...rest } = await client.call("server/status");
  assert.equal(pid, processes[0]?.pid);
  assert.deepEqual(rest, { env: "ä", cwd });
  await client.close();
  assert.equal(processes[0]?.exitCode, 0);
  assert.equal(log, "mode echo\nthe last words\n");
});

/** All that a channel gives whose server writes `size` bytes and ends, when nobody reads it for a while. */
async function readLate(size: number): Promise<{ bytes: number; error: unknown }> {
  const code = `process.stdout.write("x".repeat(${size}))`;
  const channel = await spawnChannel({ binary: process.execPath, args: ["-e", code] });
  await sleep(500);
  let bytes = 0;
  return new Promise((resolve) => channel.read({
    chunk: (chunk) => void (bytes += chunk.length),
    end: (error) => resolve({ bytes, error }),
  }));
}

test("what a server has said before anybody reads is there when somebody does", async () => {
  assert.deepEqual(await readLate(5), { bytes: 5, error: undefined });
  assert.deepEqual(await readLate(8_000_000), { bytes: 8_000_000, error: undefined });
});

test("an environment variable can be taken away", async () => {
  process.env["WORKROOM_TEST"] = "here";
  const { client } = await start("echo", { env: { WORKROOM_TEST: undefined } });
  assert.equal((await client.call("server/status") as unknown as { env: unknown }).env, null);
  delete process.env["WORKROOM_TEST"];
  await client.close();
});

test("a program that is not there is told at once", async () => {
  for (const restart of [false, true]) {
    await assert.rejects(spawnWorkroom({ binary: "/nowhere/workroom", restart }), { code: "ENOENT" });
  }
});

test("a server that fails says why", async () => {
  const { client } = await start("refuse-to-start");
  await assert.rejects(client.call("server/status"), ({ name, message, cause }: Error) => {
    assert.equal(name, "ConnectionClosedError");
    assert.match(message, /the server exited with code 3: the last words/);
    assert.ok(cause instanceof ServerExitError);
    assert.equal(cause.exitCode, 3);
    assert.match(cause.stderr, /mode refuse-to-start/);
    return true;
  });
  await client.close();
});

test("spawnWorkroom rejects when the server fails before initialize is answered", async () => {
  const options = { initialize: { client_info: { name: "test", version: "1" } } };
  await assert.rejects(start("refuse-to-start", options), /the server exited with code 3/);
});

test("a killed server is started again when told so", async () => {
  const { client, processes } = await start("echo", { restart: true });
  const { pid } = await client.call("server/status");
  await assert.rejects(client.call("workroom/list"), { name: "ConnectionClosedError", message: /SIGKILL/ });
  assert.notEqual((await client.call("server/status")).pid, pid);
  assert.equal(processes.length, 2);
  await client.close();
});

test("a killed server is not started again otherwise", async () => {
  const { client, processes } = await start("echo");
  await assert.rejects(client.call("workroom/list"), { name: "ConnectionClosedError", message: /SIGKILL/ });
  await assert.rejects(client.call("server/status"), { name: "ConnectionClosedError" });
  assert.equal(processes.length, 1);
  await client.close();
});

test("a server that does not end is ended by force", async () => {
  for (const [mode, signal] of [["never-end", "SIGTERM"], ["deaf", "SIGKILL"]] as const) {
    const { client, processes } = await start(mode, { closeTimeoutMs: 10 });
    await client.call("server/status");
    await client.close();
    const [child] = processes;
    if (child?.signalCode === null) await once(child, "exit");
    assert.equal(child?.signalCode, signal, mode);
  }
});

test("large lines pass in both directions", async () => {
  const { client } = await start("echo");
  const title = "é".repeat(4 * 1024 * 1024);
  const { params } = await client.call("workroom/create", { title }) as unknown as { params: { title: string } };
  assert.ok(params.title === title);
  await client.close();
});

test("many calls made together are all answered, in order", async () => {
  const { client } = await start("echo");
  const titles = Array.from({ length: 2_000 }, (_, index) => `${index} ${"x".repeat(index)}`);
  const answers = await Promise.all(titles.map((title) => client.call("workroom/create", { title })));
  assert.deepEqual(answers.map((answer) => (answer as unknown as { params: { title: string } }).params.title), titles);
  await client.close();
});
