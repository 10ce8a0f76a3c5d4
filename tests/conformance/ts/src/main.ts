// The conformance plugin, by the same kit in TypeScript: records each event, and does what it is told. `../../README.md` says what.

import { plugin, SocketError, State, type Config, type Socket } from "@sockdock/guest";
import { run, World } from "./commands.ts";
import { escaped } from "./trace.ts";

const VERSION = "trace-1";

let settings: Config;
const world = new World();

const setting = (key: string): string => settings.get(key) ?? "";
const isControl = (socket: Socket): boolean => socket.localAddress === setting("control");
const isEcho = (): boolean => setting("mode") === "echo";

/** Records an event of a subject's, unless this is an echo, and runs the script that is kept for it. */
function event(name: string, socket: Socket, detail = ""): void {
  if (!isEcho() && !isControl(socket)) record(name, socket, `${socket.id} ${detail}`);
}

function record(name: string, socket: Socket | undefined, detail: string): void {
  world.trace.events.push(`${name} ${detail}`.trimEnd());
  act(name, socket, world.trace.scripts.get(name));
}

/** Runs a script, and records what came of it. */
function act(name: string, socket: Socket | undefined, script: string | undefined): void {
  if (script) world.trace.events.push(`did ${name} ${script} -> ${run(world, script, socket)}`);
}

/** Fails if the operator wants this one to fail. */
function may(what: string): void {
  if (setting("refuse") === what) throw new Error("told to refuse");
}

export default plugin({
  start(config) {
    settings = config;
    may("start");
    record("start", undefined, [...config].map(([key, value]) => `${key}=${value}`).join(" "));
    act("start", undefined, setting("start"));
  },

  open(socket) {
    event("open", socket, socket.remoteAddress === undefined ? "" : `from ${socket.remoteAddress}:${socket.remotePort}`);
  },

  data(socket, bytes) {
    if (isControl(socket)) {
      for (const line of world.trace.lines(socket, bytes)) world.outbox.write(socket, `${run(world, line)}\n`);
    } else if (isEcho()) {
      world.outbox.write(socket, bytes);
    } else {
      world.bytes = bytes;
      event("data", socket, `${bytes.length} ${escaped(bytes)}`);
    }
  },

  drain(socket) {
    world.outbox.drained(socket);
    event("drain", socket);
  },

  end(socket) {
    event("end", socket);
  },

  timeout(socket) {
    event("timeout", socket);
  },

  handshake(socket, success, error) {
    event("handshake", socket, success ? "verified" : `unverified: ${error?.message}`);
  },

  error(socket, error) {
    // Not the connection's: one that was thrown here. Nobody catches it.
    if (!(error instanceof SocketError)) throw error;
    event("error", socket, `${error.kind} ${error.message}`);
  },

  close(socket, error, unsent) {
    world.outbox.forget(socket);
    world.trace.controls.delete(socket.id);
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
    return setting("state") === "none" ? undefined : new State(VERSION, world.trace.save());
  },

  restore(state: State, version: string) {
    if (version !== VERSION) throw new Error(`unknown version ${version}`);
    may("restore");
    world.trace.load(state.text());
    record("restore", undefined, version);
    act("restore", undefined, setting("restore"));
  },
});
