// The commands: each call of the kit by name, and a few of the plugin's own.

import { Socket, SocketError, connect, log, publish, timers } from "@sockdock/guest";
import { escaped } from "./trace.js";

const eaten = [];

/** Carries out the commands of a line, or of a script about `socket`; the answers. */
export function run(plugin, script, socket) {
  const kept = /^on ([^ ]+) (.*)$/s.exec(script);
  if (kept) {
    plugin.trace.scripts.set(kept[1], kept[2]);
    return "ok";
  }
  return script
    .split("; ")
    .map((command) => answer(plugin, filledIn(plugin, command, socket)))
    .join("; ");
}

function filledIn(plugin, command, socket) {
  if (socket !== undefined) command = command.replaceAll("$", socket.id);
  return plugin.made === undefined ? command : command.replaceAll("@", plugin.made.id);
}

function answer(plugin, command) {
  try {
    const value = carriedOut(plugin, command);
    return value === undefined || value === "" ? "ok" : `ok ${value}`;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return `err ${error.kind}`;
  }
}

function carriedOut(plugin, command) {
  const [, name, first = "", rest = ""] = /^([^ ]*) ?([^ ]*) ?(.*)$/s.exec(command);
  switch (name) {
    case "off":
      return void plugin.trace.scripts.delete(first);
    case "trace":
      return plugin.trace.events.join("\t");
    case "forget":
      return void (plugin.trace.events = []);
    case "trap":
      throw new Error("told to trap");
    case "busy":
      for (const end = performance.now() + Number(first); performance.now() < end; );
      return;
    case "eat":
      return void eaten.push(new Uint8Array(Number(first)).fill(1));
    case "print":
      return console.log(command.slice("print ".length));
    case "clock":
      return Math.floor(Date.now() / 1000);
    case "random":
      return Math.random();
    case "log":
      return log[first](rest);
    case "live":
      return Socket.live()
        .map((socket) => socket.id)
        .sort((a, b) => a - b)
        .join(" ");
    case "timer":
      return timers.set(BigInt(first), Number(rest));
    case "clear":
      return timers.clear(BigInt(first));
    case "connect":
      plugin.made = connect(connectOptions(first, rest)).socket;
      return plugin.made.id;
    case "publish":
      return publish(first, rest);
    default:
      if (ofASocket[name] === undefined) throw new Error(`no command: ${name}`);
      return ofASocket[name](open(Number(first)), rest, plugin);
  }
}

/** The socket of an id. There is none once it is closed. */
function open(id) {
  const socket = Socket.get(id);
  if (socket === undefined) throw new SocketError("closed");
  return socket;
}

/** What `write` answers: how many, or that the socket is closed. */
function taken(count) {
  if (count < 0) throw new SocketError("closed");
  return count;
}

/** What the calls answer that have nothing to tell: false for a socket that is closed. */
function done(well) {
  if (!well) throw new SocketError("closed");
}

const isOn = (word) => word === "on";
const given = (word) => (word === "-" ? undefined : word);
const endpoint = ({ address, port }) => `${address}:${port}`;

const ofASocket = {
  write: (socket, text) => taken(socket.write(text)),
  line: (socket, text) => taken(socket.write(`${text}\n`)),
  hex: (socket, digits) => taken(socket.write(Buffer.from(digits, "hex"))),
  pattern: (socket, length) => taken(socket.write(pattern(Number(length)))),
  fill: (socket, length) => taken(socket.write(Buffer.alloc(Number(length), "x"))),
  flood,
  mirror: (socket, _, plugin) => taken(socket.write(plugin.bytes)),
  flush: (socket) => done(socket.flush()),
  end: (socket) => void taken(socket.end()),
  shutdown: (socket) => done(socket.shutdown()),
  terminate: (socket) => done(socket.terminate()),
  pause: (socket) => done(socket.pause()),
  resume: (socket) => done(socket.resume()),
  "auto-pause": (socket, word) => done(socket.setAutoPause(isOn(word))),
  "no-delay": (socket, word) => done(socket.setNoDelay(isOn(word))),
  timeout: (socket, delay) => done(socket.setIdleTimeout(delay === "none" ? null : Number(delay))),
  "keep-alive": (socket, delay) => done(delay === "none" ? socket.setKeepAlive(false) : socket.setKeepAlive(true, Number(delay))),
  queued: (socket) => socket.queued,
  read: (socket) => socket.bytesRead,
  written: (socket) => socket.bytesWritten,
  local: (socket) => endpoint(socket.localEndpoint()),
  remote: (socket) => endpoint(socket.remoteEndpoint()),
  listener: (socket) => socket.listener ?? "-",
  context: (socket) => escaped(socket.context),
  "set-context": (socket, text) => void (socket.context = text),
  "big-context": (socket, length) => void (socket.context = Buffer.alloc(Number(length), "c")),
  session: (socket) => session(socket.session),
  certificates: (socket) => socket.getPeerCertificates().length,
  "upgrade-client": (socket, words) => {
    const [serverName, credentials] = words.split(" ").map(given);
    socket.upgradeTLS({ server: false, tls: { serverName, credentials } });
  },
  "upgrade-server": (socket, credentials) => void socket.upgradeTLS({ server: true, tls: { credentials } }),
  subscribe: (socket, topic) => done(socket.subscribe(topic)),
  unsubscribe: (socket, topic) => done(socket.unsubscribe(topic)),
};

function pattern(length) {
  const bytes = Buffer.from(Array.from({ length: 251 }, (_, i) => i));
  return Buffer.alloc(length, bytes);
}

/** Writes until a write is short. */
function flood(socket) {
  const piece = Buffer.alloc(32 << 10, "x");
  let all = 0;
  for (;;) {
    const count = taken(socket.write(piece));
    all += count;
    if (count < piece.length) return all;
  }
}

function session(found) {
  if (found === null) return "-";
  const { version, cipher, alpn, serverName, resumed, verified } = found;
  return `${version} ${cipher} ${serverName ?? "-"} ${alpn ?? "-"} ${resumed} ${verified}`;
}

function connectOptions(address, words) {
  const options = { address };
  for (const word of words.split(" ").filter((word) => word !== "")) {
    const [key, value] = word.split(/=(.*)/s);
    if (key === "timeout") options.timeout = Number(value) / 1000;
    else if (key === "half-open") options.allowHalfOpen = true;
    else if (key === "context") options.context = value;
    else {
      options.tls ??= { ALPNProtocols: [] };
      if (key === "name") options.tls.serverName = value;
      else if (key === "alpn") options.tls.ALPNProtocols.push(value);
      else if (key === "credentials") options.tls.credentials = value;
      else if (key !== "tls") throw new Error(`no option of connect: ${word}`);
    }
  }
  return options;
}
