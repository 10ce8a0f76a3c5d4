// What the host calls: its events, each to the handler of its socket.

import { Buffer } from "./buffer.js";
import { asError, failure } from "./errors.js";
import { restore, snapshot, start } from "./lifecycle.js";
import { firstData, handlers, lifecycle as cycle } from "./plugin.js";
import { settle, unsettled } from "./promise.js";
import { OPEN, Socket, forget } from "./socket.js";
import { SHIFT, buckets, find, mask } from "./table.js";
import { fire } from "./timers.js";
import { tokenOf } from "./tokens.js";

const BUFFER = Buffer.prototype;
const setPrototype = Object.setPrototypeOf;

const socketOf = (id) => find(id) ?? Socket._adopt(id);

/** An error that a handler has thrown: to the handler `error`; without one the instance ends, and the host logs it. */
function failed(socket, thrown) {
  if (!socket._handlers._catches) throw thrown;
  return socket._handlers.error(socket, asError(thrown));
}

/** What a handler has answered, if anything: a promise that may be rejected. */
function watch(socket, answer) {
  if (typeof answer?.then === "function") answer.then(undefined, (error) => failed(socket, error));
}

/** The end of each event: everything that waited for it runs. */
function over(socket) {
  while (unsettled) {
    try {
      settle();
    } catch (error) {
      watch(socket, failed(socket, error));
    }
  }
}

/** An event that isn't as frequent as `data`. */
function event(socket, name, a, b) {
  try {
    watch(socket, socket._handlers[name](socket, a, b));
  } catch (error) {
    if (name === "error") throw error;
    watch(socket, failed(socket, error));
  }
  over(socket);
}

export const socketHandlers = {
  open(id) {
    let socket = find(id);
    if (socket === undefined) socket = new Socket(id, handlers, firstData, OPEN);
    else if (socket._state > OPEN) socket._state = OPEN;
    socket._connecting?.resolve(socket);
    event(socket, "open");
  },

  // The hot path: no closure, no copy, few calls.
  data(id, bytes) {
    let socket = buckets[(id >>> SHIFT) & mask];
    while (socket !== undefined && socket.id !== id) socket = socket._next;
    if (socket === undefined) socket = Socket._adopt(id);
    const own = socket._handlers;
    if (own._binary === 0) setPrototype(bytes, BUFFER);
    else if (own._binary === 2) bytes = bytes.buffer;
    try {
      const answer = own.data(socket, bytes);
      if (answer !== undefined) watch(socket, answer);
    } catch (error) {
      watch(socket, failed(socket, error));
    }
    if (unsettled) over(socket);
  },

  drain(id) {
    event(socketOf(id), "drain");
  },

  end(id) {
    event(socketOf(id), "end");
  },

  timeout(id) {
    event(socketOf(id), "timeout");
  },

  handshake(id, verified) {
    // A server's comes before `open`.
    const socket = find(id) ?? new Socket(id, handlers, firstData, OPEN);
    socket._unverified = verified.tag === "ok" ? null : new Error(verified.val);
    event(socket, "handshake", verified.tag === "ok", socket._unverified);
  },

  error(id, error) {
    event(socketOf(id), "error", failure(error));
  },

  close(id, info) {
    const socket = socketOf(id);
    socket._state = 0;
    const error = failure(info.error);
    event(socket, "close", error, info.unsent);
    // Ended before it was open.
    socket._connecting?.reject(error ?? new Error("the connection was ended before it stood"));
    over(socket);
    forget(socket);
  },

  connectError(id, error) {
    const socket = socketOf(id);
    socket._state = 0;
    const reason = failure(error);
    event(socket, "connectError", reason);
    socket._connecting?.reject(reason);
    over(socket);
    forget(socket);
  },
};

export const timerHandler = {
  fired(token) {
    if (!fire(token) && typeof cycle.fired === "function") {
      cycle.fired(tokenOf(token));
    }
    // Nobody's socket: an error ends the instance, as it ends Bun.
    while (unsettled) settle();
  },
};

export const lifecycle = { start, snapshot, restore };
