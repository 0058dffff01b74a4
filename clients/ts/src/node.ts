import { type ChildProcess, type ChildProcessByStdio, spawn, type StdioOptions } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { type ClientOptions, WorkroomClient } from "./client.js";
import type { Transport } from "./transport.js";

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
/** As much as a pipe holds: reading further ahead would only move the queue into this process. */
const READ_AHEAD_BYTES = 64 * 1024;
/** How long a server that was asked to end may take until it is killed. */
const KILL_MS = 500;

/** Starts a server and connects to it. Rejects when it cannot be started, or refuses `initialize`. */
export async function spawnWorkroom(options: SpawnOptions = {}): Promise<WorkroomClient> {
  const connect = () => spawnTransport(options);
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
export async function spawnTransport(options: ServerOptions = {}): Promise<Transport> {
  const child = start(options);
  // Without a listener the failure of a write to a dead server would be thrown at nobody; the stream reports it.
  child.stdin.on("error", () => {});
  const stderr = keepEnd(child.stderr, options.stderr);
  const readable = fromOutput(child, stderr);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  // After the start, an error can only be that of a signal that could not be sent.
  child.on("error", () => {});
  options.onSpawn?.(child);
  return { readable, writable: toInput(child.stdin), terminate: () => end(child) };
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

/** By hand: `Readable.toWeb` of Node 20 throws past every handler when the stream is cancelled as it ends. */
function fromOutput(child: Server, stderr: () => string): ReadableStream<Uint8Array> {
  const { stdout } = child;
  let over = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const finish = (how: () => void) => {
        if (!over) how();
        over = true;
      };
      stdout.on("data", (chunk: Uint8Array) => {
        if (over) return;
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) stdout.pause();
      });
      stdout.on("error", (error) => finish(() => controller.error(error)));
      // Not the end of stdout: only once the process is gone is it known why.
      child.on("close", (code, signal) => finish(() => {
        if (code === 0) controller.close();
        else controller.error(new ServerExitError(code, signal, stderr()));
      }));
    },
    pull() {
      stdout.resume();
    },
    cancel() {
      over = true;
      stdout.destroy();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: READ_AHEAD_BYTES }));
}

function toInput(stdin: Writable): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (chunk) => new Promise((resolve, reject) => {
      stdin.write(chunk, (error) => (error ? reject(error) : resolve()));
    }),
    close: () => new Promise((resolve) => void stdin.end(resolve)),
    abort: () => void stdin.destroy(),
  });
}

function end(child: ChildProcess): void {
  child.kill();
  const timer = setTimeout(() => child.kill("SIGKILL"), KILL_MS);
  child.once("close", () => clearTimeout(timer));
}
