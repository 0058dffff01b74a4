// The Node example of the project's README, run as it stands there.
import "./unhandled.js";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { binary, message, room, TempStore } from "./workroom.js";

test("the Node example of the README works", async (t) => {
  const store = new TempStore(t);
  const client = await store.client();
  const { thread_id } = await room(client);
  await client.call("event/append", message(thread_id, "hello"));

  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const example = /```js\n([^]*?)```/.exec(readme)?.[1];
  assert.ok(example);
  // A file beside this test, where the package finds itself.
  const file = fileURLToPath(new URL("./readme-example.mjs", import.meta.url));
  writeFileSync(file, example);
  const env = {
    ...process.env,
    PATH: dirname(binary()) + delimiter + process.env["PATH"],
    WORKROOM_HOME: store.home,
  };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env, timeout: 60_000 });
  assert.match(stdout, /^Room codewhale:\/\/workroom\/wr_[0-9a-f]{32}\n/);
  assert.match(stdout, /^3 \S+ message\n/m);
});
