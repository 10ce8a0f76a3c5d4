// A plugin's handlers as the kit calls them: whole, and checked once instead of at each event.

const EVENTS = ["open", "data", "drain", "end", "timeout", "handshake", "close", "connectError", "error"];
const BINARY = { buffer: 0, uint8array: 1, arraybuffer: 2 };

const nothing = () => {};
const made = new WeakMap();

/** Those of an object in the shape of Bun's; the same for the same object. */
export function handlersOf(given) {
  if (given === null || typeof given !== "object") {
    throw new TypeError(`handlers are an object such as { open(socket) {}, data(socket, bytes) {} }, not ${given === null ? "null" : typeof given}`);
  }
  let handlers = made.get(given);
  if (handlers === undefined) {
    handlers = complete(given);
    made.set(given, handlers);
  }
  return handlers;
}

function complete(given) {
  // `this` in a handler is this object: what the given one has is seen through it.
  const handlers = Object.create(given);
  for (const event of EVENTS) {
    const handler = given[event];
    if (handler !== undefined && handler !== null && typeof handler !== "function") {
      throw new TypeError(`the handler \`${event}\` is a function, not ${typeof handler}`);
    }
    handlers[event] = handler ?? nothing;
  }
  handlers._catches = typeof given.error === "function";
  handlers._refuses = typeof given.connectError === "function";
  const binary = given.binaryType ?? "buffer";
  handlers._binary = BINARY[binary];
  if (handlers._binary === undefined) throw new TypeError(`binaryType is one of ${Object.keys(BINARY).join(", ")}, not ${binary}`);
  return handlers;
}
