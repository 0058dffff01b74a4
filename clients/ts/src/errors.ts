import { ERROR_CODES, type ErrorKind } from "./generated.js";

/** The server answered a call with an error. */
export class WorkroomError extends Error {
  override readonly name = "WorkroomError";
  /** The JSON-RPC error code. */
  readonly code: number;
  /** What went wrong, for programs; `unknown` when the server is newer than this client and names another kind. */
  readonly kind: ErrorKind | "unknown";
  /** What else the server says about it, such as `path`, `retry_after_ms` or `limit`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The method that was called. */
  readonly method: string;

  constructor(method: string, error: { code: number; message: string; data?: unknown }) {
    super(error.message);
    this.code = error.code;
    this.data = isObject(error.data) ? error.data : {};
    this.kind = errorKind(error.code, this.data["kind"]);
    this.method = method;
  }
}

/**
 * The connection ended before the answer came; `cause` says why, when that is known.
 *
 * Whether the call took effect is not known. A write that was sent with an `idempotency_key` can be sent again:
 * the server returns the first result when there is one.
 */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError";
  /** The method that was called, when a call is what failed. */
  readonly method: string | undefined;

  constructor(message: string, options: { method?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.method = options.method;
  }

  /** The same end, as the failure of a call. */
  during(method: string): ConnectionClosedError {
    return new ConnectionClosedError(`${method}: ${this.message}`, { method, cause: this.cause });
  }
}

/** Something arrived that the protocol has no place for. It was skipped, and the connection goes on. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** The beginning of the line that it is about. */
  readonly line: string | undefined;

  constructor(message: string, options: { line?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.line = options.line?.slice(0, 200);
  }
}

/** The names of the error kinds, by name and by code. */
const KINDS = new Map<unknown, ErrorKind>(
  (Object.entries(ERROR_CODES) as [ErrorKind, number][]).flatMap(([kind, code]) => [[kind, kind], [code, kind]]),
);

function errorKind(code: number, named: unknown): ErrorKind | "unknown" {
  // The code decides only where no kind is named: plain JSON-RPC errors need not carry data.
  return KINDS.get(typeof named === "string" ? named : code) ?? "unknown";
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
