// A program on Node: no types of the browser.
import { ConnectionClosedError } from "workroom-client";
import { spawnWorkroom } from "workroom-client/node";

export async function main(): Promise<void> {
  const client = await spawnWorkroom({ restart: true });
  try {
    for await (const event of client.subscribe({ kinds: ["message"] })) console.log(event.seq);
  } catch (error) {
    if (error instanceof ConnectionClosedError) console.log(error.cause);
  } finally {
    await client[Symbol.asyncDispose]();
  }
}
