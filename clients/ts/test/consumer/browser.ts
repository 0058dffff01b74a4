// A page: the types of the Web and none of Node. The sources of the core are compiled the same way.
import { WorkroomClient, WorkroomError } from "workroom-client";

export async function main(readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>): Promise<void> {
  const client = new WorkroomClient({ readable, writable });
  try {
    await client.call("workroom/list", {}, { signal: AbortSignal.timeout(1_000) });
    for await (const event of client.subscribe()) document.title = event.id;
  } catch (error) {
    if (error instanceof WorkroomError) document.title = error.kind;
  }
  await client.close();
}
