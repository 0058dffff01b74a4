// The VS Code snippet of the documentation, run with the library that VS Code's own language clients use.
import "./unhandled.js";
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { test } from "node:test";
import { binary, message, room, TempStore } from "./workroom.js";

interface Snippet {
  activate(context: { subscriptions: { dispose(): void }[] }, show: (text: string) => void): Promise<unknown>;
}

test("the VS Code snippet shows rooms and events", async (t) => {
  const store = new TempStore(t);
  const client = await store.client();
  const { thread_id } = await room(client);

  // The snippet finds the server as an extension would: by its name, with the environment of the editor.
  process.env["PATH"] = dirname(binary()) + delimiter + process.env["PATH"];
  process.env["WORKROOM_HOME"] = store.home;
  // A copy beside this test, where the library is found.
  const copy = new URL("./vscode-snippet.mjs", import.meta.url);
  copyFileSync(new URL("../../../docs/editors/vscode.mjs", import.meta.url), copy);
  const { activate } = (await import(copy.href)) as Snippet;

  const subscriptions: { dispose(): void }[] = [];
  t.after(() => subscriptions.forEach((subscription) => subscription.dispose()));
  const shown: string[] = [];
  let heard = () => {};
  const told = new Promise<void>((resolve) => (heard = resolve));
  await activate({ subscriptions }, (text) => {
    shown.push(text);
    if (text.endsWith(": message")) heard();
  });
  await client.call("event/append", message(thread_id, "hello"));
  await told;
  assert.ok(shown.some((text) => text.startsWith("Room  codewhale://workroom/wr_")), shown.join("\n"));
});
