import { ERROR_CODES, type ErrorKind } from "./generated.js";

/** The server responded to a call with an error. */
export class WorkroomError extends Error {
  override readonly name = "WorkroomError";
  /** The JSON-RPC error code. */
  readonly code: number;
  /** The kind of error; `unknown` if the server is newer than this client and sends another kind. */
  readonly kind: ErrorKind | "unknown";
  /** Details from the server, such as `path`, `retry_after_ms` or `limit`. */
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
 * The connection ended before the response arrived; `cause` is the reason, if it is known.
 *
 * It is not known whether the call took effect. A write with an `idempotency_key` can be sent again:
 * the server returns the first result if there is one.
 */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError";
  /** The method that was called, if a call failed. */
  readonly method: string | undefined;

  constructor(message: string, options: { method?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.method = options.method;
  }

  /** Returns the same error for a call. */
  during(method: string): ConnectionClosedError {
    return new ConnectionClosedError(`${method}: ${this.message}`, { method, cause: this.cause });
  }
}

/** A message arrived that violates the protocol. It was skipped, and the connection continues. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** The beginning of the line. */
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
  // The code is only used if there is no kind: plain JSON-RPC errors may have no data.
  return KINDS.get(typeof named === "string" ? named : code) ?? "unknown";
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
