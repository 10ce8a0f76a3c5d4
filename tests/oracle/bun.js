// Bun's side of the oracle: `bun bun.js '{"role":"listen","on":{"data":"echo"},…}'` opens a server or a connection, does in
// each handler what the scenario says, and prints every event as a line of JSON. `tests/guests/mirror` is its twin.
//
//   role      listen | connect           unix, port, hostname   where
//   tls       as for Bun; with the files' paths                halfOpen
//   on        per event: actions, separated by `; `
//
// On standard input, the line `reload` puts new handlers behind the live sockets, and any other ends it.

import { writeSync } from "node:fs";

const scenario = JSON.parse(process.argv[2]);
let generation = 1;
const names = new Map();
const left = new Map(); // bytes of `send` that no write has taken yet
const halted = new Set(); // sockets whose `send` came to a halt
const short = new Set(); // sockets with a short write that no `drain` has answered

const say = (line) => writeSync(1, JSON.stringify(line) + "\n");

function name(socket) {
  if (!names.has(socket)) names.set(socket, String.fromCharCode(97 + names.size));
  return names.get(socket);
}

function named(wanted) {
  for (const [socket, known] of names) if (known === wanted) return socket;
  throw new Error(`no socket ${wanted}`);
}

const piece = Buffer.alloc(64 << 10, "x");

function send(socket) {
  let rest = left.get(socket) ?? 0;
  if (rest === 0) return;
  while (rest > 0) {
    const offered = Math.min(rest, piece.length);
    const taken = socket.write(piece, 0, offered);
    if (taken < 0) return left.delete(socket);
    rest -= taken;
    if (taken < offered) {
      if (!halted.has(socket)) say({ socket: name(socket), event: "write", detail: "short" });
      halted.add(socket);
      short.add(socket);
      break;
    }
  }
  left.set(socket, rest);
  if (rest === 0) act(socket, "sent");
}

function act(socket, event, chunk) {
  for (const action of scenario.on?.[event]?.split("; ") ?? []) {
    const [verb, ...words] = action.split(" ");
    const text = words.join(" ");
    if (verb === "write") socket.write(text);
    else if (verb === "echo") socket.write(chunk);
    else if (verb === "to") named(words[0]).write(words.slice(1).join(" "));
    else if (verb === "send") left.set(socket, Number(text)), send(socket);
    else if (verb === "try") {
      const taken = socket.write(text);
      say({ socket: name(socket), event: "write", detail: taken < 0 ? "closed" : taken < text.length ? "short" : "taken" });
    } else if (verb === "end") socket.end();
    else if (verb === "shutdown") socket.shutdown();
    else if (verb === "terminate") socket.terminate();
    else if (verb === "pause") socket.pause();
    else if (verb === "resume") socket.resume();
    else if (verb === "timeout") socket.timeout(Number(text));
    else if (verb === "reload") generation === 1 && reload();
    else throw new Error(`no action ${action}`);
  }
}

// The reason, as Bun gives it; the test maps it.
const reason = (error) => (error ? String(error.code ?? error.message ?? error) : "none");

function handlers(generation) {
  const tell = (socket, event, more) => say({ socket: name(socket), event, generation, ...more });
  const simple = (event) => (socket) => (tell(socket, event), act(socket, event));
  return {
    open: simple("open"),
    end: simple("end"),
    timeout: simple("timeout"),
    drain(socket) {
      // Bun also calls it where no write was short, now and then.
      if (!short.delete(socket)) return;
      tell(socket, "drain");
      send(socket);
      act(socket, "drain");
    },
    data(socket, chunk) {
      tell(socket, "data", { bytes: chunk.length });
      act(socket, "data", chunk);
    },
    handshake(socket, success, error) {
      tell(socket, "handshake", { detail: success && !error ? "verified" : `unverified ${reason(error)}` });
      act(socket, "handshake");
    },
    error(socket, error) {
      tell(socket, "error", { detail: reason(error) });
      act(socket, "error");
    },
    close(socket, error) {
      tell(socket, "close", { detail: reason(error) });
      act(socket, "close");
    },
    connectError(socket, error) {
      tell(socket, "connect-error", { detail: reason(error) });
      act(socket, "connect-error");
    },
  };
}

function tls() {
  if (!scenario.tls) return undefined;
  const file = (path) => (path ? Bun.file(path) : undefined);
  const { cert, key, ca, ...rest } = scenario.tls;
  return { ...rest, cert: file(cert), key: file(key), ca: file(ca) };
}

const { role, unix, hostname, port, halfOpen } = scenario;
const where = unix ? { unix } : { hostname: hostname ?? "127.0.0.1", port: port ?? 0 };
const options = { ...where, allowHalfOpen: halfOpen, tls: tls(), socket: handlers(generation) };
let opened; // what has `reload`

function reload() {
  generation += 1;
  opened.reload({ socket: handlers(generation) });
  say({ event: "reloaded" });
}

// What a handler says has been said when the next line is read.
process.stdin.on("data", (text) => {
  if (String(text) === "reload\n") reload();
  else process.exit(0);
});
if (role === "listen") {
  opened = Bun.listen(options);
  say({ event: "listening", port: opened.port });
} else {
  // Whether it fails, `connectError` says, too.
  opened = await Bun.connect(options).catch(() => undefined);
}
