// The conformance plugin, by the JavaScript kit: records each event, and does what it is told. `../../README.md` says what.

import { State } from "@sockdock/guest";
import { run } from "./commands.js";
import { Outbox } from "./outbox.js";
import { Trace, escaped } from "./trace.js";

const VERSION = "trace-1";

const plugin = {
  settings: undefined,
  trace: new Trace(),
  outbox: new Outbox(),
  /** What the last `connect` has made. */
  made: undefined,
  /** Of the `data` event that is going on, for `mirror`. */
  bytes: undefined,
};

const setting = (key) => plugin.settings.get(key) ?? "";
const isControl = (socket) => socket.localAddress === setting("control");
const isEcho = () => setting("mode") === "echo";

/** Records an event of a subject's, unless this is an echo, and runs the script that is kept for it. */
function event(name, socket, detail = "") {
  if (!isEcho() && !isControl(socket)) record(name, socket, `${socket.id} ${detail}`);
}

function record(name, socket, detail) {
  plugin.trace.events.push(`${name} ${detail}`.trimEnd());
  act(name, socket, plugin.trace.scripts.get(name));
}

/** Runs a script, and records what came of it. */
function act(name, socket, script) {
  if (script) plugin.trace.events.push(`did ${name} ${script} -> ${run(plugin, script, socket)}`);
}

/** Fails if the operator wants this one to fail. */
function may(what) {
  if (setting("refuse") === what) throw new Error("told to refuse");
}

export default {
  start(config) {
    plugin.settings = config;
    may("start");
    record("start", undefined, [...config].map(([key, value]) => `${key}=${value}`).join(" "));
    act("start", undefined, setting("start"));
  },

  open(socket) {
    event("open", socket, socket.remoteAddress === undefined ? "" : `from ${socket.remoteAddress}:${socket.remotePort}`);
  },

  data(socket, bytes) {
    if (isControl(socket)) {
      for (const line of plugin.trace.lines(socket, bytes)) plugin.outbox.write(socket, `${run(plugin, line)}\n`);
    } else if (isEcho()) {
      plugin.outbox.write(socket, bytes);
    } else {
      plugin.bytes = bytes;
      event("data", socket, `${bytes.length} ${escaped(bytes)}`);
    }
  },

  drain(socket) {
    plugin.outbox.drained(socket);
    event("drain", socket);
  },

  end(socket) {
    event("end", socket);
  },

  timeout(socket) {
    event("timeout", socket);
  },

  handshake(socket, success, error) {
    event("handshake", socket, success ? "verified" : `unverified: ${error.message}`);
  },

  error(socket, error) {
    // Not the connection's: one that was thrown here. Nobody catches it.
    if (error.kind === undefined) throw error;
    event("error", socket, `${error.kind} ${error.message}`);
  },

  close(socket, error, unsent) {
    plugin.outbox.forget(socket);
    plugin.trace.controls.delete(socket.id);
    event("close", socket, `${error?.kind ?? "none"} unsent=${unsent}`);
  },

  connectError(socket, error) {
    event("connect-error", socket, `${error.kind} ${error.message}`);
  },

  fired(token) {
    record("fired", undefined, String(token));
  },

  snapshot() {
    act("snapshot", undefined, setting("snapshot"));
    may("snapshot");
    return setting("state") === "none" ? undefined : new State(VERSION, plugin.trace.save());
  },

  restore(state, version) {
    if (version !== VERSION) throw new Error(`unknown version ${version}`);
    may("restore");
    plugin.trace.load(state.text());
    record("restore", undefined, version);
    act("restore", undefined, setting("restore"));
  },
};
