// A connection: one object for as long as it lives, so that what a program puts on it stays there.

import * as sockets from "sockdock:plugin/sockets@0.1.0";
import { write as hostWrite } from "sockdock:plugin/sockets@0.1.0";
import * as topics from "sockdock:plugin/topics@0.1.0";
import { bytesOf } from "./bytes.js";
import { asked, done, known } from "./calls.js";
import { refusal } from "./errors.js";
import { milliseconds } from "./timers.js";
import { add, find, remove } from "./table.js";
import { send } from "./topics.js";
import * as secure from "./tls.js";

// Bun's numbers.
const CLOSED = 0;
const OPEN = 1;
const CONNECTING = 2;
const SHUT = -2;

// The system's own delay before the first probe, for `setKeepAlive(true)`.
const KEEP_ALIVE = 7_200_000;

const family = (address) => (address === undefined ? undefined : address.includes(":") ? "IPv6" : "IPv4");

export class Socket {
  constructor(id, handlers, data, state) {
    this.id = id;
    this.data = data;
    this._handlers = handlers;
    this._state = state;
    this._next = undefined;
    this._connecting = undefined;
    this._unverified = null;
    add(this);
  }

  // Writing

  write(data, byteOffset, byteLength) {
    if (this._state <= CLOSED) return -1;
    try {
      return hostWrite(this.id, byteOffset === undefined && data instanceof Uint8Array ? data : bytesOf(data, byteOffset, byteLength));
    } catch (error) {
      if (error?.payload === "closed") return -1;
      throw refusal(error, "write");
    }
  }

  flush() {
    return done("flush", sockets.flush, this.id);
  }

  get queued() {
    return known(0, sockets.queued, this.id);
  }

  publish(topic, data) {
    return send(topic, data, this.id);
  }

  subscribe(topic) {
    return done("subscribe", topics.subscribe, this.id, String(topic).toWellFormed());
  }

  unsubscribe(topic) {
    return done("unsubscribe", topics.unsubscribe, this.id, String(topic).toWellFormed());
  }

  // Ending

  end(data, byteOffset, byteLength) {
    let taken = 0;
    if (data !== undefined) {
      const bytes = bytesOf(data, byteOffset, byteLength);
      taken = this.write(bytes);
      if (taken < bytes.length) return taken;
    }
    if (!done("end", sockets.end, this.id)) return -1;
    this._state = SHUT;
    return taken;
  }

  close() {
    this.end();
  }

  [Symbol.dispose]() {
    this.end();
  }

  shutdown(halfClose = false) {
    if (halfClose) return this.pause();
    const ended = done("shutdown", sockets.shutdown, this.id);
    if (ended) this._state = SHUT;
    return ended;
  }

  terminate() {
    const ended = done("terminate", sockets.terminate, this.id);
    if (ended) this._state = SHUT;
    return ended;
  }

  // Reading

  pause() {
    return done("pause", sockets.pause, this.id);
  }

  resume() {
    return done("resume", sockets.resume, this.id);
  }

  setAutoPause(enabled = true) {
    return done("setAutoPause", sockets.setAutoPause, this.id, Boolean(enabled));
  }

  // Settings

  timeout(seconds) {
    return this.setIdleTimeout(seconds > 0 ? seconds * 1000 : null);
  }

  setIdleTimeout(delay) {
    return done("setIdleTimeout", sockets.setTimeout, this.id, delay === null ? null : milliseconds(delay));
  }

  setNoDelay(enabled = true) {
    return done("setNoDelay", sockets.setNoDelay, this.id, Boolean(enabled));
  }

  setKeepAlive(enabled = false, initialDelay = KEEP_ALIVE) {
    return done("setKeepAlive", sockets.setKeepAlive, this.id, enabled ? milliseconds(initialDelay) : null);
  }

  // Facts

  get readyState() {
    return this._state;
  }

  remoteEndpoint() {
    return asked("remoteEndpoint", sockets.remoteEndpoint, this.id);
  }

  localEndpoint() {
    return asked("localEndpoint", sockets.localEndpoint, this.id);
  }

  get remoteAddress() {
    return known(undefined, sockets.remoteEndpoint, this.id)?.address;
  }

  get remotePort() {
    return known(undefined, sockets.remoteEndpoint, this.id)?.port;
  }

  get remoteFamily() {
    return family(this.remoteAddress);
  }

  get localAddress() {
    return known(undefined, sockets.localEndpoint, this.id)?.address;
  }

  get localPort() {
    return known(undefined, sockets.localEndpoint, this.id)?.port;
  }

  get localFamily() {
    return family(this.localAddress);
  }

  get listener() {
    return known(null, sockets.listener, this.id) ?? undefined;
  }

  get bytesRead() {
    return known(0, sockets.bytesRead, this.id);
  }

  get bytesWritten() {
    return known(0, sockets.bytesWritten, this.id);
  }

  get context() {
    return asked("context", sockets.context, this.id);
  }

  set context(data) {
    asked("context", sockets.setContext, this.id, bytesOf(data));
  }

  // TLS

  get session() {
    return secure.session(this.id);
  }

  get authorized() {
    return secure.session(this.id)?.verified ?? false;
  }

  getAuthorizationError() {
    return this._unverified;
  }

  get alpnProtocol() {
    const session = secure.session(this.id);
    return session ? (session.alpn ?? false) : null;
  }

  getCipher() {
    const session = secure.session(this.id);
    return session && { name: session.cipher, standardName: session.cipher, version: session.version };
  }

  getTLSVersion() {
    return secure.session(this.id)?.version ?? null;
  }

  isSessionReused() {
    return secure.session(this.id)?.resumed ?? false;
  }

  getServername() {
    return secure.session(this.id)?.serverName ?? undefined;
  }

  getPeerCertificates() {
    return secure.peerCertificates(this.id);
  }

  getPeerCertificate() {
    const [raw] = secure.peerCertificates(this.id);
    return raw ? { raw } : {};
  }

  upgradeTLS({ tls = true, data, socket, server = this.listener !== undefined } = {}) {
    if (server) secure.upgradeServer(this.id, tls);
    else secure.upgradeClient(this.id, tls);
    if (data !== undefined) this.data = data;
    if (socket !== undefined) this.reload({ socket });
    return [this, this];
  }

  // The rest

  reload({ socket }) {
    this._handlers = Socket._handlersOf(socket);
  }

  ref() {}

  unref() {}

  toString() {
    return `[Socket ${this.id}]`;
  }

  static get(id) {
    return find(id) ?? (sockets.live().includes(id) ? Socket._adopt(id) : undefined);
  }

  static live() {
    return sockets.live().map((id) => find(id) ?? Socket._adopt(id));
  }
}

// Set by plugin.js, which knows the handlers.
Socket._handlersOf = undefined;
Socket._adopt = undefined;

/** The event `close` or `connect-error` has been delivered. */
export function forget(socket) {
  socket._state = CLOSED;
  remove(socket);
}

export { CLOSED, CONNECTING, OPEN };
