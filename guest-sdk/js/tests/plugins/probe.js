// Does what the tests tell it, a line at a time: evaluates JavaScript in the component, and answers the value as JSON.

import * as kit from "@sockdock/guest";
import * as promises from "../promises.js";

globalThis.kit = kit;
globalThis.promises = promises;
globalThis.events = [];

const trace = (...event) => void events.push(event);

export default {
  async data(socket, bytes) {
    globalThis.socket = socket;
    const line = bytes.toString().trim();
    trace("data", line.slice(0, 20));
    if (line.startsWith("throw ")) throw new Error(line.slice(6));
    const value = await (0, eval)(`(${line})`);
    socket.write(`${JSON.stringify(value) ?? "undefined"}\n`);
  },
  close(socket, error, unsent) {
    trace("close", error?.code, unsent);
  },
  error(socket, error) {
    trace("error", error.message);
    if (error.message.startsWith("really")) throw error;
    socket.write(`${JSON.stringify({ error: error.message })}\n`);
  },
  adopt(socket) {
    trace("adopt", socket.id);
  },
  fired(token) {
    trace("fired", String(token));
  },
  start(config) {
    trace("start", ...config.all("word"));
    if (config.has("state")) this.snapshot = () => ({ kept: new Map([["big", 2n ** 70n]]), words: config.all("word") });
  },
  restore(state, version) {
    trace("restore", version, [...state.kept].map(String), state.words);
  },
};

// At the top level there is no host yet: both wait for it.
console.log("built");
setTimeout(() => trace("timeout of the top level"), 1);
