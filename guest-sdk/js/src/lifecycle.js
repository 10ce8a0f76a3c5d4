// An instance's start, and the state that crosses a reload: the plugin's own, and the `data` of its sockets.

import { Config } from "./config.js";
import { handlers, lifecycle, options } from "./plugin.js";
import { run } from "./phase.js";
import { pack, unpack } from "./plain.js";
import { settle, unsettled } from "./promise.js";
import { OPEN, Socket } from "./socket.js";
import { State } from "./state.js";
import { each, find } from "./table.js";
import { encode } from "./text.js";
import * as tokens from "./tokens.js";

/** The version of a state in which the kit keeps more than a `State` of the plugin's. */
const KIT = "sockdock-js/1";

/** Calls one of the plugin's, and what it leaves to be done. */
function call(name, ...args) {
  const answer = lifecycle[name](...args);
  while (unsettled) settle();
  if (typeof answer?.then === "function" && name !== "start") throw new Error(`\`${name}\` answers at once: it can't be async`);
  return answer;
}

export function start(pairs) {
  run();
  if (typeof lifecycle.start === "function") call("start", new Config(pairs));
  while (unsettled) settle();
}

export function snapshot() {
  const own = typeof lifecycle.snapshot === "function" ? (call("snapshot") ?? undefined) : undefined;
  const sockets = options.persistData ? dataOfSockets() : [];
  const timers = tokens.save();
  if (sockets.length === 0 && timers.length === 0) {
    if (own === undefined) return null;
    if (own instanceof State) return { version: own.version, data: own.data };
  }
  const kept = { sockets, timers };
  if (own instanceof State) Object.assign(kept, { version: own.version, raw: own.data.toBase64() });
  else if (own !== undefined) Object.assign(kept, { version: options.version, value: pack(own, "the snapshot") });
  return { version: KIT, data: encode(JSON.stringify(kept)) };
}

function dataOfSockets() {
  const sockets = [];
  for (const socket of each()) {
    if (socket.data !== undefined) sockets.push([socket.id, pack(socket.data, "socket.data")]);
  }
  return sockets;
}

export function restore({ version, data }) {
  if (version !== KIT) return hand(new State(version, data), version);
  const kept = new State(version, data).json();
  if (options.persistData) {
    // All of them live: nothing has happened since they were saved.
    for (const [id, packed] of kept.sockets) {
      const socket = find(id) ?? new Socket(id, handlers, undefined, OPEN);
      socket.data = unpack(packed);
    }
  }
  tokens.load(kept.timers);
  if (kept.raw !== undefined) hand(new State(kept.version, Uint8Array.fromBase64(kept.raw)), kept.version);
  else if (kept.value !== undefined) hand(unpack(kept.value), kept.version);
}

function hand(state, version) {
  if (typeof lifecycle.restore !== "function") {
    throw new Error(`this plugin takes over no state, and was given version \`${version}\`: it has no \`restore\``);
  }
  call("restore", state, version);
}
