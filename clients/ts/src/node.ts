import { type ChildProcess, type ChildProcessByStdio, spawn, type StdioOptions } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Channel, ChannelEvents } from "./channel.js";
import { type ClientOptions, WorkroomClient } from "./client.js";

/** Which server to start, and how. */
export interface ServerOptions {
  /** The program. Default: `workroom`, found on the `PATH`. */
  readonly binary?: string | undefined;
  /** Its arguments. Default: `["app-server"]`. */
  readonly args?: readonly string[] | undefined;
  /** Environment variables to add to this process's own; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The secret of a token: the server then acts as its bearer, with its rights and no more. */
  readonly token?: string | undefined;
  /** The folder to start it in. Default: this process's own. */
  readonly cwd?: string | undefined;
  /**
   * Where its log goes: nowhere (`ignore`), where this process's errors go (`inherit`), or to a function, in pieces.
   * Default: `ignore`. Unless inherited, its end is part of the error when the server fails.
   */
  readonly stderr?: "ignore" | "inherit" | ((text: string) => void) | undefined;
  /** Is told of each process that is started. */
  readonly onSpawn?: ((process: ChildProcess) => void) | undefined;
}

/** How to start a server and to behave as its client. */
export interface SpawnOptions extends ServerOptions, ClientOptions {
  /** Whether to start the server again when it ends by itself and is still needed. Default: false. */
  readonly restart?: boolean | undefined;
}

/** The server ended by itself, and not well. */
export class ServerExitError extends Error {
  override readonly name = "ServerExitError";

  constructor(
    /** Its exit code; `null` when a signal ended it. */
    readonly exitCode: number | null,
    /** The signal that ended it. */
    readonly signal: string | null,
    /** The end of its log, unless that was inherited. */
    readonly stderr: string,
  ) {
    const how = signal === null ? `the server exited with code ${exitCode}` : `the server was ended by ${signal}`;
    const lastLine = stderr.trimEnd().split("\n").at(-1);
    super(lastLine ? `${how}: ${lastLine}` : how);
  }
}

/** Enough for a panic message with its backtrace. */
const STDERR_KEPT_CHARS = 8 * 1024;
/** How long a server that was asked to end may take until it is killed. */
const KILL_MS = 500;

/** Starts a server and connects to it. Rejects when it cannot be started, or refuses `initialize`. */
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

/** Starts a server; resolves once it runs. */
export async function spawnChannel(options: ServerOptions = {}): Promise<Channel> {
  const child = start(options);
  const channel = new ServerChannel(child, keepEnd(child.stderr, options.stderr));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  // After the start, an error can only be that of a signal that could not be sent.
  child.on("error", () => {});
  options.onSpawn?.(child);
  return channel;
}

type Server = ChildProcessByStdio<Writable, Readable, Readable | null>;

function start({ binary = "workroom", args = ["app-server"], env, token, cwd, stderr }: ServerOptions): Server {
  const stdio: StdioOptions = ["pipe", "pipe", stderr === "inherit" ? "inherit" : "pipe"];
  // Never in the arguments, which others can list.
  const presented = token === undefined ? {} : { CODEWHALE_RUNTIME_TOKEN: token };
  const environment = { ...process.env, ...env, ...presented };
  return spawn(binary, args, { cwd, env: environment, stdio, windowsHide: true }) as Server;
}

/** Reads the log, which must not fill its pipe and stop the server; returns what gives its end. */
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
  /** What came before anybody read. */
  #early: Uint8Array[] = [];
  #ended: { error: unknown } | undefined;

  constructor(child: Server, stderr: () => string) {
    this.#child = child;
    // Without a listener the failure of a write to a dead server would be thrown at nobody; the write is told.
    child.stdin.on("error", () => {});
    // From the start: once the process is gone, Node throws away what nobody listens to.
    child.stdout.on("data", (chunk: Uint8Array) => {
      if (this.#ended === undefined) this.#chunk(chunk);
    });
    child.stdout.on("error", (error) => this.#end(error));
    // Not the end of stdout: only once the process is gone is it known why.
    child.on("close", (code, signal) => {
      this.#end(code === 0 ? undefined : new ServerExitError(code, signal, stderr()));
    });
  }

  read(events: ChannelEvents): void {
    this.#events = events;
    const ended = this.#ended;
    // Not at once: who reads is not ready for it before this has returned.
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

  /** Hands a chunk on, or keeps it until somebody reads; says whether no more is read for now. */
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
