// Types of @sockdock/guest: plugins for the sockdock socket host, in the idiom of Bun's `Bun.listen`.

/// <reference path="./globals.d.ts" />

/** What can be written: text goes as UTF-8. */
export type Writable = string | BufferSource;

/** A code of the contract. */
export type ErrorKind =
  | "closed"
  | "reset"
  | "refused"
  | "unreachable"
  | "timed-out"
  | "name-resolution"
  | "tls"
  | "not-allowed"
  | "invalid-argument"
  | "limit-exceeded"
  | "in-progress"
  | "unsupported"
  | "io"
  | "other";

/** What has broken a connection, or why a call was refused. */
export class SocketError extends Error {
  constructor(kind: ErrorKind, message?: string);
  /** For programs, in the contract's words. */
  readonly kind: ErrorKind;
  /** For programs, in those of Node and Bun: `ECONNRESET`, `ECONNREFUSED`, `ETIMEDOUT`, … */
  readonly code: string;
}

/** The forms in which `data` is handed over. */
export interface BinaryTypes {
  /** A Buffer: a Uint8Array whose `toString()` is its text. The default. */
  buffer: Buffer;
  uint8array: Uint8Array<ArrayBuffer>;
  arraybuffer: ArrayBuffer;
}

/**
 * What a plugin does about its connections: one object for all of them. Each handler is optional.
 *
 * Calls never overlap, and nothing that a handler calls comes back into the plugin: the effects arrive as events of their own. Order:
 * `handshake` (with TLS), `open`; then `data`, `drain`, `timeout`, `end`, `error` as they come; then `close`, exactly once. Each
 * event has a budget of CPU time (100 ms by default).
 *
 * What a handler throws, or rejects, goes to `error`; without that handler, and if it throws itself, the instance ends: the host logs the
 * error, resets the event's connection and lets a fresh instance take over the others.
 *
 * `Data` is the type of `socket.data`.
 */
export interface SocketHandlers<Data = undefined, Binary extends keyof BinaryTypes = "buffer"> {
  /** A connection stands: accepted or connected, its TLS handshake included. */
  open?(socket: Socket<Data>): void | Promise<void>;

  /**
   * Bytes have come in: in order, each once, 1 byte to 64 KiB at a time by default. TCP is a stream: a message may be split, or joined with the
   * next, at any byte. The bytes are yours to keep.
   */
  data?(socket: Socket<Data>, bytes: BinaryTypes[Binary]): void | Promise<void>;

  /** The outbound queue is empty again after a short `write`, or after it had crossed its high-water mark (64 KiB). */
  drain?(socket: Socket<Data>): void | Promise<void>;

  /**
   * The peer has ended its side, and all its bytes were delivered. Unless the listener allows half-open connections, the host closes once
   * everything is sent.
   */
  end?(socket: Socket<Data>): void | Promise<void>;

  /** No byte has moved either way for the time given to `socket.timeout`. Once per idle period; closes nothing by itself. */
  timeout?(socket: Socket<Data>): void | Promise<void>;

  /**
   * A TLS handshake has succeeded; before `open`. `success` is false, with the reason, only where the operator lets peers pass without a
   * good certificate.
   */
  handshake?(socket: Socket<Data>, success: boolean, authorizationError: Error | null): void | Promise<void>;

  /** The connection has failed (a `SocketError`; `close` follows with the same), or one of your handlers has thrown. */
  error?(socket: Socket<Data>, error: Error): void | Promise<void>;

  /**
   * The connection is over. `error` is what has broken it: undefined after your `end` or a clean end by both sides. `unsent`: bytes that
   * `write` had taken and that were never sent.
   */
  close?(socket: Socket<Data>, error: SocketError | undefined, unsent: number): void | Promise<void>;

  /** `connect` has failed; the only event of that socket. */
  connectError?(socket: Socket<Data>, error: SocketError): void | Promise<void>;

  /**
   * A connection is taken over from an instance that has crashed, or was written in another language, without its `data`: before its next event.
   * Of the plugin's handlers alone.
   */
  adopt?(socket: Socket<Data>): void;

  /** The form of the bytes that `data` gets; `buffer` unless given. */
  binaryType?: Binary;
}

/** The life of an instance, beside its sockets. */
export interface Lifecycle {
  /**
   * The first call into an instance; 5 s of CPU time by default. An error stops the listener's begin, or the reload, with its message.
   * Sockets can't be written, ended or connected here (`not-allowed`).
   */
  start?(config: Config): void | Promise<void>;

  /**
   * What the next generation must know, beside `socket.data` (see `persistData`); undefined: nothing. For each reload and each dry run;
   * this instance may well live on afterwards. Plain values, Map, Set, Date, BigInt and Uint8Array are carried over; a `State` is handed over
   * as it is, which plugins in other languages can read. An error stops the reload. Only logging and what reads works here.
   */
  snapshot?(): unknown;

  /**
   * Takes over what the previous generation's `snapshot` gave, after `start` and before any event: the value, and the `version` it had there;
   * or a `State` if it gave one, or was written in another language. Not called if there is nothing. An error stops the reload, and so
   * does this function's absence: no state is lost in silence.
   */
  restore?(state: any, version: string): void;

  /** A timer armed by `timers.set` has run out. Timers outlive a reload, unlike those of `setTimeout`. */
  fired?(token: number | bigint): void;

  /** Names the shape of what `snapshot` gives; "1" unless given. */
  version?: string;

  /**
   * Whether `socket.data` goes with its socket to the next generation on a reload; true unless given. It may hold what `snapshot` may give; the
   * reload is refused, with the place, for anything else.
   */
  persistData?: boolean;
}

/** A whole plugin: what `export default` takes. */
export type Plugin<Data = undefined, Binary extends keyof BinaryTypes = "buffer"> = SocketHandlers<Data, Binary> & Lifecycle;

/**
 * Answers the object, with its types: `export default plugin<Session>({ open(socket) { socket.data = … } })`.
 *
 * @example
 * export default plugin({
 *   data(socket, bytes) {
 *     socket.write(bytes);
 *   },
 * });
 */
export function plugin<Data = undefined, Binary extends keyof BinaryTypes = "buffer">(
  object: Plugin<Data, Binary>,
): Plugin<Data, Binary>;

/**
 * A connection: the same object in each of its events. Never `new`.
 *
 * No call blocks. Those that answer a boolean answer false if the socket is closed, or closing where that matters; whatever else
 * the host refuses is thrown as a SocketError (`not-allowed`, `invalid-argument`, `limit-exceeded`, …).
 */
export class Socket<Data = undefined> {
  private constructor();

  /** Names the connection; never used twice in a host's life. */
  readonly id: number;

  /** Yours. At first what `listen` or `connect` was given, else undefined. See `persistData` about reloads; a crash loses it. */
  data: Data;

  /**
   * Queues bytes and answers how many were taken, from the front; -1 if the socket is closed or closing.
   *
   * Fewer than all only at the listener's write limit (1 MiB by default): keep the rest, and go on in `drain`. A handler that answers each
   * `data` with no more bytes than came never meets it. All that one handler writes leaves together when it returns.
   */
  write(data: Writable, byteOffset?: number, byteLength?: number): number;

  /** Sends what is queued now, not first when the handler returns. */
  flush(): boolean;

  /** Bytes that were taken and not yet sent. */
  readonly queued: number;

  /**
   * Writes last bytes, if given, sends what is queued and ends the connection in good order; `close` is the only event after it. Answers how
   * many of the last bytes were taken: if not all, it isn't ended, and you call again in `drain`. -1 if it is closed.
   */
  end(data?: Writable, byteOffset?: number, byteLength?: number): number;

  /** As `end()`. */
  close(): void;

  /** Sends what is queued and ends our side; `data` goes on until the peer ends as well. With `true`: as `pause`. */
  shutdown(halfClose?: boolean): boolean;

  /** Resets the connection and discards what is queued. `close` is the only event after it. */
  terminate(): boolean;

  [Symbol.dispose](): void;

  /** No `data` until `resume`; the peer is slowed down by its own window. */
  pause(): boolean;

  /** Takes `pause` back. */
  resume(): boolean;

  /**
   * Whether the host stops reading while more than 64 KiB (by default) are queued for this socket. On at first; a proxy turns it off and
   * pauses the source of the bytes instead.
   */
  setAutoPause(enabled?: boolean): boolean;

  /** Has the handler `timeout` called after so many seconds without a byte either way; 0: never. */
  timeout(seconds: number): boolean;

  /** As `timeout`, in milliseconds; null: never. Throws `invalid-argument` for 0. */
  setIdleTimeout(milliseconds: number | null): boolean;

  /** TCP_NODELAY; on at first. Throws `unsupported` on a unix socket. */
  setNoDelay(noDelay?: boolean): boolean;

  /**
   * TCP keep-alive, with the first probe after so many milliseconds of silence (2 hours unless given); off at first. Throws `unsupported`
   * on a unix socket, and `invalid-argument` for 0.
   */
  setKeepAlive(enable?: boolean, initialDelay?: number): boolean;

  /** 1: open; 2: connecting; -2: ended on our side; 0: closed. */
  readonly readyState: -2 | 0 | 1 | 2;

  /** The peer's end; undefined while connecting and once closed. For a unix socket its path, and port 0. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: "IPv4" | "IPv6" | undefined;

  /** Our end. */
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly localFamily: "IPv4" | "IPv6" | undefined;

  /** The peer's end; throws `closed` or `in-progress` where it can't be told. */
  remoteEndpoint(): Endpoint;

  /** Our end; throws `closed` or `in-progress` where it can't be told. */
  localEndpoint(): Endpoint;

  /** The name of the listener that accepted it; undefined for one of `connect`. */
  readonly listener: string | undefined;

  /** Bytes that `data` has delivered so far. */
  readonly bytesRead: number;

  /** Bytes handed to the kernel so far: what `write` has taken, less `queued`. */
  readonly bytesWritten: number;

  /**
   * Bytes about this connection that the host keeps: up to 64 KiB by default, empty at first. They survive reloads into any language, and
   * crashes. Throws `limit-exceeded` if they are too many.
   */
  get context(): Uint8Array<ArrayBuffer>;
  set context(data: Writable);

  /** From now on it is sent what is published on this topic. Throws `invalid-argument`, `limit-exceeded`. */
  subscribe(topic: string): boolean;

  /** Takes the subscription back. */
  unsubscribe(topic: string): boolean;

  /** As the function `publish`, to all but this socket. */
  publish(topic: string, data: Writable): number;

  /** What the TLS handshake agreed on; null for a plain connection. */
  readonly session: TLSSession | null;

  /** Whether the peer showed a certificate that was found good. */
  readonly authorized: boolean;

  /** Why it wasn't, if `handshake` has told so. */
  getAuthorizationError(): Error | null;

  /** The protocol agreed on; false for none, null for a plain connection. */
  readonly alpnProtocol: string | false | null;
  getCipher(): { name: string; standardName: string; version: string } | null;
  getTLSVersion(): string | null;
  isSessionReused(): boolean;

  /** The name that the client asked for. */
  getServername(): string | undefined;

  /** The peer's certificates in DER, the leaf first; none if it showed none. */
  getPeerCertificates(): Uint8Array<ArrayBuffer>[];

  /** The leaf alone, in DER. */
  getPeerCertificate(): { raw?: Uint8Array<ArrayBuffer> };

  /**
   * Begins TLS on a plain connection (STARTTLS): as the server on one that was accepted, unless `server` says otherwise. The same socket goes
   * on, twice in the answer as Bun has it; then `handshake` comes, or `error` and `close`. Drop bytes that came in the clear behind the
   * request for TLS. Throws `in-progress`, and `invalid-argument` where TLS is spoken already or the options can't be used.
   */
  upgradeTLS<New = Data>(options?: {
    tls?: TLSOptions | true;
    data?: New;
    socket?: SocketHandlers<New, any>;
    server?: boolean;
  }): [raw: Socket<New>, tls: Socket<New>];

  /** Replaces this socket's handlers. */
  reload(options: { socket: SocketHandlers<Data, any> }): void;

  /** Nothing: a plugin isn't asked when the host ends. */
  ref(): void;
  unref(): void;

  /** The socket of an id that was kept as a number; undefined if it is closed, or isn't this instance's. */
  static get<Data = undefined>(id: number): Socket<Data> | undefined;

  /** All of this instance's sockets, connecting ones included, in no particular order. */
  static live<Data = undefined>(): Socket<Data>[];
}

/** One end of a connection. */
export interface Endpoint {
  /** An IPv4 or IPv6 address without brackets; for a unix socket its path. */
  address: string;
  /** 0 for a unix socket. */
  port: number;
}

/** A finished handshake. */
export interface TLSSession {
  /** `TLSv1.3` or `TLSv1.2`. */
  version: string;
  /** The cipher suite's IANA name. */
  cipher: string;
  /** The application protocol agreed on. */
  alpn: string | null;
  /** The name that the client asked for. */
  serverName: string | null;
  /** An earlier session was resumed. */
  resumed: boolean;
  /** The peer showed a certificate, and it was found good. */
  verified: boolean;
}

/** How to speak TLS. Certificates and keys are the operator's: they never enter a plugin. */
export interface TLSOptions {
  /** As a client: the name to ask for, and to check the certificate against; else the host part of the address. */
  serverName?: string;
  /** As a client: protocols to offer, the most wanted first. */
  ALPNProtocols?: string | string[];
  /** Names a certificate and key that the operator has configured (`--credentials`). */
  credentials?: string;
}

/** Where to connect to: one of `hostname` with `port`, `unix`, `address`. */
export interface ConnectOptions<Data = undefined> {
  hostname?: string;
  port?: number;
  /** The path of a unix socket. */
  unix?: string;
  /** `HOST:PORT`, `[ADDRESS]:PORT` or `unix:/path`. */
  address?: string;
  /** Speak TLS. */
  tls?: boolean | TLSOptions;
  /** At first in `socket.data`. */
  data?: Data;
  /** Handlers of this socket's own, until a reload: after that it has the plugin's. */
  socket?: SocketHandlers<Data, any>;
  /** Seconds until it must stand; the operator's limit (10 s by default) if that is less, or if none is given. */
  timeout?: number;
  /** The peer's end doesn't end our side. */
  allowHalfOpen?: boolean;
  /** The socket's first `context`. */
  context?: Writable;
}

/** A connection that is being made: fulfilled when it stands, rejected (after `connectError`) if it can't. */
export interface Connecting<Data = undefined> extends Promise<Socket<Data>> {
  /** It can be written to at once: what is written waits. */
  readonly socket: Socket<Data>;
}

/**
 * Begins to connect to where the operator allows it (`--allow-connect`; nowhere by default).
 *
 * Throws a SocketError: `not-allowed`, `invalid-argument`, `limit-exceeded`. Not in `start` and at a module's top level.
 *
 * @example
 * const upstream = await connect({ hostname: "127.0.0.1", port: 6379 });
 */
export function connect<Data = undefined>(options: ConnectOptions<Data>): Connecting<Data>;

/** What a call of `Bun.listen` has. */
export interface ListenOptions<Data = undefined, Binary extends keyof BinaryTypes = "buffer"> extends Lifecycle {
  socket: SocketHandlers<Data, Binary>;
  /** What each accepted socket's `data` is at first. */
  data?: Data;
  /** Where to listen is the operator's to say (`sockdock serve --listen`): these are taken and not looked at. */
  hostname?: string;
  port?: number;
  unix?: string;
  tls?: unknown;
  exclusive?: boolean;
  allowHalfOpen?: boolean;
}

/** What `listen` answers. */
export interface Listener<Data = undefined> {
  /** As given to `listen`. */
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  readonly unix: string | undefined;
  data: Data;
  /** Replaces the handlers of all sockets that have the listener's. */
  reload(options: { socket: SocketHandlers<Data, any> }): void;
  /** Nothing but a warning: the operator stops listeners. */
  stop(closeActiveConnections?: boolean): void;
  ref(): void;
  unref(): void;
  [Symbol.dispose](): void;
}

/**
 * Makes the plugin, in the place of `export default`: for programs that were written for `Bun.listen`. Once, at the top level of a module.
 */
export function listen<Data = undefined, Binary extends keyof BinaryTypes = "buffer">(
  options: ListenOptions<Data, Binary>,
): Listener<Data>;

/**
 * Writes to every socket that is subscribed to the topic, in all instances of this listener's plugin, and answers how many took it.
 * Throws `invalid-argument` (a topic without a name), `limit-exceeded`, `not-allowed`.
 */
export function publish(topic: string, data: Writable): number;

/** The host's timers: they outlive a reload, and run out in the handler `fired`. */
export const timers: {
  /**
   * Arms the timer of this token, a whole number from 0 to 2^52 (or a BigInt up to 2^64 - 1), to fire once after so many milliseconds. If it
   * is armed, the new time replaces the old one. Throws `limit-exceeded` (65,536 timers by default).
   */
  set(token: number | bigint, milliseconds: number): void;
  /** Disarms it; nothing happens if it isn't armed. */
  clear(token: number | bigint): void;
};

/** The host's log, under the plugin's name; `console` writes to it as well. */
export const log: Record<"trace" | "debug" | "info" | "warn" | "error", (message: string) => void>;

/** The operator's settings for this plugin (`sockdock serve --set KEY=VALUE`), in the order given: an iterable of pairs. */
export class Config implements Iterable<[key: string, value: string]> {
  constructor(pairs?: [key: string, value: string][]);
  /** The value of a key; of the last, if it was given more than once. */
  get(key: string): string | undefined;
  has(key: string): boolean;
  /** All values of a key that was given more than once. */
  all(key: string): string[];
  /** The value as a number. Throws, naming the key, if it is none. */
  number(key: string): number | undefined;
  /** Throws, naming it, if there is a key other than these: a mistyped key shouldn't go unnoticed. */
  only(...known: string[]): void;
  [Symbol.iterator](): Iterator<[key: string, value: string]>;
}

/** State in a form of your own: bytes or text, with the name of their shape. */
export class State {
  constructor(version: string, data: Writable);
  readonly version: string;
  readonly data: Uint8Array;
  /** The data as UTF-8. */
  text(): string;
  /** The data as JSON. */
  json(): any;
}

/** Bun's: gathers small pieces into one. */
export class ArrayBufferSink {
  start(options?: { stream?: boolean; asUint8Array?: boolean; highWaterMark?: number }): void;
  write(chunk: Writable): number;
  /** With `stream`: what has gathered, and begins anew; else how many bytes there are. */
  flush(): number | Uint8Array<ArrayBuffer> | ArrayBuffer;
  end(): ArrayBuffer | Uint8Array<ArrayBuffer>;
}

declare const BufferClass: typeof Buffer;
type BufferClass = Buffer;
export { BufferClass as Buffer };
