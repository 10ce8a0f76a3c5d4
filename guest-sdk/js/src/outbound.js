// Connections that the plugin opens.

import { connect as begin } from "sockdock:plugin/outbound@0.1.0";
import { bytesOf } from "./bytes.js";
import { refusal } from "./errors.js";
import { handlersOf } from "./handlers.js";
import { handlers } from "./plugin.js";
import { Promise } from "./promise.js";
import { CONNECTING, Socket } from "./socket.js";
import { milliseconds } from "./timers.js";
import { tlsOptions } from "./tls.js";

function addressOf({ address, unix, hostname, port }) {
  if (address !== undefined) return String(address);
  if (unix !== undefined) return `unix:${unix}`;
  if (hostname === undefined || port === undefined) throw new TypeError("connect takes { hostname, port }, { unix } or { address }");
  return String(hostname).includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

const NOTHING = new Uint8Array(0);

export function connect(options) {
  const own = options.socket === undefined ? handlers : handlersOf(options.socket);
  const { tls, timeout, context } = options;
  const asked = {
    tls: tls === undefined || tls === false ? null : tlsOptions(tls),
    timeoutMilliseconds: timeout === undefined ? null : milliseconds(timeout * 1000),
    allowHalfOpen: Boolean(options.allowHalfOpen),
    context: context === undefined ? NOTHING : bytesOf(context),
  };
  let id;
  try {
    id = begin(addressOf(options).toWellFormed(), asked);
  } catch (error) {
    throw refusal(error, "connect");
  }
  const socket = new Socket(id, own, options.data, CONNECTING);
  const { promise, resolve, reject } = Promise.withResolvers();
  socket._connecting = { resolve, reject };
  // Told by `connectError`, too: nobody has to wait for the promise.
  if (own._refuses) promise._handled = true;
  promise.socket = socket;
  return promise;
}
