// Serves the built plugin and talks to it. `npm test` builds it first.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "{{name}}-"));
let host;
let port;

before(async () => {
  const plugin = join(import.meta.dirname, "..", "{{name}}.wasm");
  const args = ["serve", plugin, "--listen", "127.0.0.1:0", "--admin", join(folder, "admin.sock")];
  host = spawn(process.env.SOCKDOCK ?? "sockdock", args, { stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([once(host, "spawn"), once(host, "error").then(([error]) => Promise.reject(error))]);
  for await (const line of createInterface({ input: host.stdout })) {
    port ??= /^listening on tcp:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (line === "ready") return;
  }
  throw new Error("the host has ended; see above");
});

after(async () => {
  if (host?.exitCode === null) {
    host.kill();
    await once(host, "exit");
  }
  rmSync(folder, { recursive: true });
});

/** Connects, sends `text`, and answers all that has come when `until` is in it. */
async function talk(text, until) {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.write(text);
  let received = "";
  for await (const chunk of socket) {
    received += chunk;
    if (received.includes(until)) break;
  }
  return received;
}

test("it says hello and sends back what comes in", async () => {
  assert.equal(await talk("ping\n", "ping\n"), "hello from {{name}}\nping\n");
});

test("bytes come back as they are, whatever they spell", async () => {
  assert.ok((await talk("grüße\n", "grüße\n")).endsWith("grüße\n"));
});
