// Round trips of the built client against those of bare lines, in turn. Run by `cargo bench --bench workroom`:
// node round-trip.mjs ROUNDS EVENT_ID WORKROOM ECHO...
import { spawn } from "node:child_process";
import { spawnWorkroom } from "../dist/node.js";

const [rounds, event, workroom, echo, ...echoArguments] = process.argv.slice(2);
const CALLS = 2_000;

const child = spawn(echo, echoArguments, { stdio: ["pipe", "pipe", "inherit"] });
child.stdout.setEncoding("utf8");
let answered = () => {};
let rest = "";
child.stdout.on("data", (text) => {
  rest += text;
  const end = rest.indexOf("\n");
  if (end < 0) return;
  const line = rest.slice(0, end);
  rest = rest.slice(end + 1);
  answered(line);
});
const line = JSON.stringify({ jsonrpc: "2.0", id: 1000, method: "event/read", params: { event_id: event } });
const client = await spawnWorkroom({ binary: workroom });

async function echoed() {
  const back = new Promise((resolve) => (answered = resolve));
  child.stdin.write(`${line}\n`);
  if ((await back) !== line) throw new Error("the echo is not what was said");
}

async function called() {
  const { event: read } = await client.call("event/read", { event_id: event });
  if (read.id !== event) throw new Error(`another event: ${read.id}`);
}

/** The median of the calls, in seconds. */
async function round(operation) {
  const taken = [];
  for (let call = 0; call < CALLS; call += 1) {
    const begun = process.hrtime.bigint();
    await operation();
    taken.push(Number(process.hrtime.bigint() - begun) / 1e9);
  }
  return taken.sort((a, b) => a - b)[CALLS / 2];
}

// What the compiler of the machine has not seen often is slow.
for (let warm = 0; warm < 3; warm += 1) {
  await round(echoed);
  await round(called);
}
const said = { floors: [], figures: [] };
for (let count = 0; count < Number(rounds); count += 1) {
  said.floors.push(await round(echoed));
  said.figures.push(await round(called));
}
await client.close();
child.stdin.end();
process.stdout.write(`${JSON.stringify(said)}\n`);
