// The host's refusals, and what has broken a connection, as an Error.

// As Bun and Node spell them.
const CODES = {
  closed: "ERR_SOCKET_CLOSED",
  reset: "ECONNRESET",
  refused: "ECONNREFUSED",
  unreachable: "EHOSTUNREACH",
  "timed-out": "ETIMEDOUT",
  "name-resolution": "ENOTFOUND",
  tls: "ERR_TLS",
  "not-allowed": "EACCES",
  "invalid-argument": "ERR_INVALID_ARG_VALUE",
  "limit-exceeded": "EMFILE",
  "in-progress": "EALREADY",
  unsupported: "ENOTSUP",
  io: "EIO",
};

const MEANINGS = {
  closed: "the socket is closed, or not this instance's",
  "not-allowed": "not permitted here: in this handler, or by the operator",
  "invalid-argument": "an argument is malformed or out of its range",
  "limit-exceeded": "a limit of the operator's would be exceeded",
  "in-progress": "the same operation is already under way on this socket",
  unsupported: "this kind of socket doesn't offer it",
};

export class SocketError extends Error {
  constructor(kind, message) {
    super(message ?? MEANINGS[kind] ?? kind);
    this.kind = kind;
    this.code = CODES[kind] ?? "ERR_SOCKET";
  }
}
SocketError.prototype.name = "SocketError";

/** What an import has thrown, as a SocketError that names the call; any other error as it is. */
export function refusal(error, call) {
  const kind = error?.payload;
  if (typeof kind !== "string") return error;
  return new SocketError(kind, `${call}: ${MEANINGS[kind] ?? kind}`);
}

/** `socket-error` of the contract; undefined for none. */
export function failure(error) {
  return error ? new SocketError(error.code, error.message) : undefined;
}

/** What a handler has thrown may be anything. */
export function asError(thrown) {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
