// Events, errors, timers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./host.js";

test("what a handler throws or rejects goes to `error`, and the connection goes on", async (t) => {
  const client = await (await serve(t, "probe")).client();
  assert.deepEqual(await client.ask("throw oops"), { error: "oops" });
  assert.deepEqual(await client.ask("Promise.reject(new Error('later'))"), { error: "later" });
  assert.deepEqual(await client.ask("nonsense"), { error: "nonsense is not defined" });
  assert.deepEqual(await client.ask("(Promise.reject(new Error('nobody catches it')), new Promise(() => {}))"), { error: "nobody catches it" });
  assert.equal(await client.ask("1 + 1"), 2);
});

test("what `error` throws ends the instance; the others' connections live on, and are adopted", async (t) => {
  const host = await serve(t, "probe");
  const innocent = await host.client();
  const id = await innocent.ask("socket.id");
  const guilty = await host.client();
  guilty.send("throw really\n");
  assert.equal(await guilty.failed, "ECONNRESET");
  assert.match(await host.logged("trapped"), /really/);
  const events = await innocent.ask("events");
  assert.deepEqual([events[0], ...events.filter(([event]) => event === "adopt")], [["start"], ["adopt", id]]);
});

test("an error in a timer ends the instance", async (t) => {
  const host = await serve(t, "probe");
  await (await host.client()).ask("void setTimeout(() => { throw new Error('in a timer') }, 1)");
  assert.match(await host.logged("trapped"), /in a timer/);
});

test("timers fire, repeat and are cleared", async (t) => {
  const client = await (await serve(t, "probe")).client();
  const told = await client.ask(`new Promise((resolve) => {
    const seen = [];
    setTimeout((...values) => seen.push(values), 2, "with", "values");
    clearTimeout(setTimeout(() => seen.push("cleared"), 1));
    clearTimeout(Number(setTimeout(() => seen.push("cleared by its number"), 1)));
    setImmediate(() => seen.push("at once"));
    let left = 3;
    const interval = setInterval(() => {
      seen.push(left);
      if (--left === 0) { clearInterval(interval); setTimeout(() => resolve(seen), 20); }
    }, 5);
  })`);
  assert.deepEqual(told, ["at once", ["with", "values"], 3, 2, 1]);
  assert.ok((await client.ask("events")).some(([event]) => event === "timeout of the top level"));
});

test("timers of one's own tokens", async (t) => {
  const client = await (await serve(t, "probe")).client();
  const tokens = ["0", "7", String(2 ** 52), String(2n ** 53n + 1n), String(2n ** 63n), String(2n ** 64n - 1n)];
  await client.ask(`void [${tokens.map((token) => `${token}n`)}].forEach((token) => kit.timers.set(token <= 7n ? Number(token) : token, 1))`);
  await client.ask(`void (kit.timers.set(9, 1), kit.timers.clear(9), kit.timers.set(2n ** 60n + 1n, 1), kit.timers.clear(2n ** 60n + 1n))`);
  const fired = await client.ask(`new Promise((resolve) => setTimeout(() => resolve(events.filter(([e]) => e === "fired").map(([, token]) => token)), 20))`);
  assert.deepEqual(fired.sort(), tokens.sort());
  for (const bad of ["-1", "1.5", "2 ** 53", "2n ** 64n", "'x'"]) {
    assert.match((await client.ask(`kit.timers.set(${bad}, 1)`)).error, /a timer's token is/, bad);
  }
});

test("write takes what Bun's takes", async (t) => {
  const client = await (await serve(t, "probe")).client();
  await client.ask("1");
  client.send(
    "[socket.write('grüße '), socket.write(new Uint8Array([65, 66]).buffer), socket.write(new Uint16Array([0x4443])), socket.write(new DataView(new Uint8Array([69]).buffer)), socket.write(Buffer.from('xFGx'), 1, 2), socket.write(''), socket.write('\\ud800\\n')]\n",
  );
  assert.equal(await client.line(), "grüße ABCDEFG\ufffd");
  assert.equal(await client.line(), "[8,2,2,1,2,0,4]");
  assert.match((await client.ask("socket.write(5)")).error, /not number/);
  assert.match((await client.ask("socket.write(Buffer.alloc(4), 2, 3)")).error, /bytes 2 to 5 of 4/);
});

test("a socket that is closed says so, and throws nothing", async (t) => {
  const host = await serve(t, "probe");
  const [gone, witness] = [await host.client(), await host.client()];
  await gone.ask("void (globalThis.gone = socket)");
  gone.socket.end();
  assert.equal(await gone.line(), undefined);
  assert.deepEqual(
    await witness.ask(`[gone.readyState, gone.write("x"), gone.end(), gone.flush(), gone.pause(), gone.terminate(), gone.timeout(5), gone.setNoDelay(), gone.subscribe("t"),
      gone.remoteAddress ?? null, gone.bytesWritten, gone.listener ?? null, gone.session, kit.Socket.get(gone.id) ?? null, kit.Socket.live().length, socket.readyState]`),
    [0, -1, -1, false, false, false, false, false, false, null, 0, null, null, null, 1, 1],
  );
  assert.match((await witness.ask("gone.remoteEndpoint()")).error, /closed/);
  assert.match((await witness.ask("gone.context")).error, /closed/);
});

test("the last bytes go with end", async (t) => {
  const client = await (await serve(t, "probe")).client();
  client.send("socket.end('bye\\n')\n");
  assert.deepEqual([await client.line(), await client.line()], ["bye", undefined]);
});

test("connect: handlers of its own, a promise, the plugin's `data`", async (t) => {
  const upstream = await serve(t, "echo");
  const { remotePort } = (await upstream.client()).socket;
  const host = await serve(t, "probe", "--allow-connect", "127.0.0.1:*");
  const client = await host.client();
  const told = await client.ask(`new Promise((resolve) => {
    const seen = [];
    const connecting = kit.connect({ hostname: "127.0.0.1", port: ${remotePort}, data: "mine", socket: {
      open(s) { seen.push(["open", s.data, s === connecting.socket, s.listener === undefined]) },
      data(s, bytes) { seen.push(bytes.toString()); if (seen.length > 3) resolve(seen) },
    } });
    seen.push(connecting.socket.readyState);
    connecting.socket.write("early\\n");
    connecting.then((s) => seen.push(s === connecting.socket));
  })`);
  assert.equal(told[0], 2);
  assert.deepEqual(told.slice(1, 3), [["open", "mine", true, true], true]);
  assert.match(told.slice(3).join(""), /^welcome, guest\d+\n/);
  assert.match((await client.ask("kit.connect({ hostname: '203.0.113.1', port: 1 })")).error, /not permitted/);
  assert.match((await client.ask("kit.connect({ address: '127.0.0.1:1' }).catch((error) => { throw new Error(error.code) })")).error, /ECONNREFUSED/);
});
