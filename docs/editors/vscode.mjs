// The body of an extension's `activate`: lists the workrooms of the store, and shows every event as it happens.
// VS Code's own language clients use `vscode-jsonrpc` too. It sends Content-Length headers over a child's stdio.
import { spawn } from "node:child_process";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";

export async function activate(context, show = (text) => globalThis.vscode.window.showInformationMessage(text)) {
  const server = spawn("workroom", ["app-server"], { stdio: ["pipe", "pipe", "inherit"] });
  const connection = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  context.subscriptions.push({ dispose: () => (connection.dispose(), server.stdin.end()) });
  connection.onNotification("event/appended", ({ event }) => show(`${event.actor.handle}: ${event.kind.event}`));
  connection.listen();

  const { workrooms } = await connection.sendRequest("workroom/list", { limit: 10 });
  for (const room of workrooms) show(`${room.title}  ${room.link}`);
  await connection.sendRequest("event/subscribe", { kinds: ["message", "needs_human", "failure", "receipt"] });
  return connection;
}
