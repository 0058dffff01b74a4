import { type ChildProcess, type ChildProcessByStdio, spawn, type StdioOptions } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Channel, ChannelEvents } from "./channel.js";
import { type ClientOptions, WorkroomClient } from "./client.js";

/** The server to start, and its options. */
export interface ServerOptions {
  /** The program. Default: `workroom`, found through the `PATH`. */
  readonly binary?: string | undefined;
  /** Its arguments. Default: `["app-server"]`. */
  readonly args?: readonly string[] | undefined;
  /** Environment variables to add to those of this process; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The secret of a token. The server then acts as its bearer, with exactly its rights. */
  readonly token?: string | undefined;
  /** The folder to start the server in. Default: the folder of this process. */
  readonly cwd?: string | undefined;
  /**
   * Where the server's log goes: nowhere (`ignore`), to the stderr of this process (`inherit`), or to a function, in
   * pieces.
   * Default: `ignore`. Unless it is inherited, the end of the log is part of the error if the server fails.
   */
  readonly stderr?: "ignore" | "inherit" | ((text: string) => void) | undefined;
  /** Called for each process that is started. */
  readonly onSpawn?: ((process: ChildProcess) => void) | undefined;
}

/** Options for starting a server and for its client. */
export interface SpawnOptions extends ServerOptions, ClientOptions {
  /** Whether to start the server again if it exits by itself and is still needed. Default: false. */
  readonly restart?: boolean | undefined;
}

/** The server exited by itself with an error. */
export class ServerExitError extends Error {
  override readonly name = "ServerExitError";

  constructor(
    /** Its exit code; `null` if a signal ended it. */
    readonly exitCode: number | null,
    /** The signal that ended it. */
    readonly signal: string | null,
    /** The end of its log, unless the log was inherited. */
    readonly stderr: string,
  ) {
    const how = signal === null ? `the server exited with code ${exitCode}` : `the server was ended by ${signal}`;
    const lastLine = stderr.trimEnd().split("\n").at(-1);
    super(lastLine ? `${how}: ${lastLine}` : how);
  }
}

/** Enough for a panic message with a backtrace. */
const STDERR_KEPT_CHARS = 8 * 1024;
/** How long a server may take to stop before it is killed. */
const KILL_MS = 500;

/** Starts a server and connects to it. Rejects if it cannot be started, or if it returns an error for `initialize`. */
export async function spawnWorkroom(options: SpawnOptions = {}): Promise<WorkroomClient> {
  const connect = () => spawnChannel(options);
  const client = new WorkroomClient(options.restart ? connect : await connect(), options);
  try {
    await client.ready();
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

/** Starts a server; resolves when it is running. */
export async function spawnChannel(options: ServerOptions = {}): Promise<Channel> {
  const child = start(options);
  const channel = new ServerChannel(child, keepEnd(child.stderr, options.stderr));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  // After the start, an error can only mean that a signal could not be sent.
  child.on("error", () => {});
  options.onSpawn?.(child);
  return channel;
}

type Server = ChildProcessByStdio<Writable, Readable, Readable | null>;

function start({ binary = "workroom", args = ["app-server"], env, token, cwd, stderr }: ServerOptions): Server {
  const stdio: StdioOptions = ["pipe", "pipe", stderr === "inherit" ? "inherit" : "pipe"];
  // The token is never passed as an argument, because other users can list arguments.
  const presented = token === undefined ? {} : { CODEWHALE_RUNTIME_TOKEN: token };
  const environment = { ...process.env, ...env, ...presented };
  return spawn(binary, args, { cwd, env: environment, stdio, windowsHide: true }) as Server;
}

/** Reads the log, because a full pipe would block the server; returns a function that returns the end of the log. */
function keepEnd(stream: Readable | null, sink: ServerOptions["stderr"]): () => string {
  let kept = "";
  stream?.setEncoding("utf8").on("data", (text: string) => {
    kept = (kept + text).slice(-STDERR_KEPT_CHARS);
    if (typeof sink === "function") sink(text);
  });
  stream?.on("error", () => {});
  return () => kept;
}

/** The stdin and stdout of a server. */
class ServerChannel implements Channel {
  readonly #child: Server;
  #events: ChannelEvents | undefined;
  /** Data that arrived before reading started. */
  #early: Uint8Array[] = [];
  #ended: { error: unknown } | undefined;

  constructor(child: Server, stderr: () => string) {
    this.#child = child;
    // Without a listener, a failed write to a dead server would be an unhandled error. The write itself reports it.
    child.stdin.on("error", () => {});
    // The listener is added immediately, because Node discards unread data after the process has ended.
    child.stdout.on("data", (chunk: Uint8Array) => {
      if (this.#ended === undefined) this.#chunk(chunk);
    });
    child.stdout.on("error", (error) => this.#end(error));
    // The end of stdout is not used: the reason is only known after the process has exited.
    child.on("close", (code, signal) => {
      this.#end(code === 0 ? undefined : new ServerExitError(code, signal, stderr()));
    });
  }

  read(events: ChannelEvents): void {
    this.#events = events;
    const ended = this.#ended;
    // Called later, because the reader is not ready before this function has returned.
    queueMicrotask(() => {
      let paused = false;
      for (const chunk of this.#early.splice(0)) paused = this.#chunk(chunk) || paused;
      if (ended !== undefined) events.end(ended.error);
      else if (!paused) this.#child.stdout.resume();
    });
  }

  cancel(): void {
    this.#child.stdout.destroy();
    this.#end(undefined);
  }

  ready(): Promise<void> | undefined {
    const { stdin } = this.#child;
    if (!stdin.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      const done = () => {
        stdin.off("drain", done).off("close", done);
        resolve();
      };
      stdin.on("drain", done).on("close", done);
    });
  }

  write(bytes: Uint8Array, written: (error?: unknown) => void): void {
    this.#child.stdin.write(bytes, (error) => written(error ?? undefined));
  }

  close(): Promise<void> {
    return new Promise((resolve) => void this.#child.stdin.end(() => resolve()));
  }

  abort(): void {
    this.#child.stdin.destroy();
  }

  terminate = (): void => {
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), KILL_MS);
    this.#child.once("close", () => clearTimeout(timer));
  };

  /** Passes a chunk on, or keeps it until reading starts; returns whether to stop reading for now. */
  #chunk(chunk: Uint8Array): boolean {
    const { stdout } = this.#child;
    if (this.#events === undefined) {
      this.#early.push(chunk);
      stdout.pause();
      return true;
    }
    try {
      const pause = this.#events.chunk(chunk);
      if (pause === undefined) return false;
      stdout.pause();
      pause.then(() => void stdout.resume(), (error) => this.#end(error));
      return true;
    } catch (error) {
      this.#end(error);
      return false;
    }
  }

  #end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#events?.end(error);
  }
}
