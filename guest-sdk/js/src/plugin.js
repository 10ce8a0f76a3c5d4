// The plugin that this component is: an object that its first file exports, or what it has given to `listen`.

import { handlersOf } from "./handlers.js";
import { put } from "./log.js";
import { OPEN, Socket } from "./socket.js";

const NONE = handlersOf({});

/** The handlers of accepted sockets, and of those taken over. */
export let handlers = NONE;
/** The object with `start`, `snapshot`, `restore`, `fired`; `{}` for none. */
export let lifecycle = {};
/** What an accepted socket's `data` is at first. */
export let firstData;
/** The plugin's options. */
export let options = { persistData: true, version: "1" };

let defined = false;

function define(socket, cycle, data) {
  if (defined) throw new Error("a plugin has one set of handlers: `export default { … }`, or one call of `listen`");
  defined = true;
  handlers = handlersOf(socket);
  lifecycle = cycle;
  firstData = data;
  options = { persistData: cycle.persistData ?? true, version: String(cycle.version ?? "1") };
}

/** Gives the object its type; nothing else. */
export const plugin = (object) => object;

export function listen(given) {
  if (given?.socket === undefined) throw new TypeError("listen takes { socket: { open(socket) {}, data(socket, bytes) {} } }");
  define(given.socket, given, given.data);
  return {
    hostname: given.hostname,
    port: given.port,
    unix: given.unix,
    get data() {
      return firstData;
    },
    set data(data) {
      firstData = data;
    },
    reload({ socket }) {
      const before = handlers;
      handlers = handlersOf(socket);
      for (const live of Socket.live()) if (live._handlers === before) live._handlers = handlers;
    },
    stop() {
      put("warn", "listener.stop() does nothing: a listener is the operator's, who stops it by `sockdock stop`");
    },
    ref() {},
    unref() {},
    [Symbol.dispose]() {},
  };
}

/** Takes what the plugin's first file exports. */
export function adopt(exports) {
  const given = exports.default;
  if (given !== undefined) define(given, given, undefined);
  else if (!defined) throw new Error("the plugin's first file has neither `export default { … }` nor a call of `listen({ socket: … })`");
}

Socket._handlersOf = handlersOf;
// Taken over from the instance before this one, without its data.
Socket._adopt = (id) => {
  const socket = new Socket(id, handlers, firstData, OPEN);
  if (typeof handlers.adopt === "function") handlers.adopt(socket);
  return socket;
};
