// A sockdock that serves a plugin, for the tests.

import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const sockdock = process.env.SOCKDOCK ?? "sockdock";
const run = promisify(execFile);

/** The component that `run` has built under this name. */
export const plugin = (name) => join(process.env.PLUGINS, `${name}.wasm`);

export async function serve(t, name, ...args) {
  const folder = mkdtempSync(join(tmpdir(), "sockdock-js-"));
  const admin = join(folder, "admin.sock");
  const host = spawn(sockdock, ["serve", plugin(name), "--listen", "127.0.0.1:0", "--admin", admin, ...args]);
  const sockets = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    host.kill("SIGKILL");
    if (host.exitCode === null && host.signalCode === null) await once(host, "exit");
    rmSync(folder, { recursive: true });
  });
  let log = "";
  let heard = () => {};
  host.stderr.on("data", (chunk) => {
    log += chunk;
    heard();
  });
  let port;
  for await (const line of createInterface({ input: host.stdout })) {
    port ??= /^listening on tcp:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (line === "ready") break;
  }
  if (port === undefined) {
    await once(host, "close");
    throw new Error(`the host has ended: ${log}`);
  }
  return {
    async client() {
      const socket = connect({ port, host: "127.0.0.1" });
      sockets.push(socket);
      await once(socket, "connect");
      return new Client(socket);
    },
    reload: (...rest) => run(sockdock, ["reload", ...rest, "--admin", admin]),
    /** Waits until the log holds this. */
    async logged(text) {
      while (!log.includes(text)) await new Promise((resolve) => (heard = resolve));
      return log;
    },
  };
}

class Client {
  constructor(socket) {
    this.socket = socket;
    this.lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    this.failed = once(socket, "error").then(([error]) => error.code);
    this.failed.catch(() => {});
  }

  send(text) {
    this.socket.write(text);
  }

  /** The next line; undefined at the end. */
  async line() {
    return (await this.lines.next()).value;
  }

  /** Has the probe evaluate this. */
  async ask(code) {
    this.send(`${code.replaceAll("\n", " ")}\n`);
    const line = await this.line();
    return line === "undefined" ? undefined : JSON.parse(line);
  }
}
