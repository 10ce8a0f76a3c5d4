// What crosses a reload.

import assert from "node:assert/strict";
import { test } from "node:test";
import { plugin, serve } from "./host.js";

test("socket.data goes on, whatever plain values it holds", async (t) => {
  const host = await serve(t, "probe");
  const client = await host.client();
  await client.ask(`void (socket.data = { n: [1, -0, NaN, Infinity], u: undefined, s: new Set(["x"]), m: new Map([[{ k: 1 }, null]]), d: new Date(5), b: 2n ** 80n,
    bytes: new Uint8Array([0, 255]), buffer: Buffer.from("hi"), $: "dollar", text: "grüße \\ud83d\\udc4b" })`);
  const id = await client.ask("socket.id");
  await host.reload();
  assert.deepEqual(
    await client.ask(`((d) => [d.n.map((n) => Object.is(n, -0) ? "-0" : String(n)), "u" in d, d.u === undefined, [...d.s], [...d.m], d.d.getTime(), String(d.b), d.bytes instanceof Uint8Array && [...d.bytes],
      Buffer.isBuffer(d.buffer) && d.buffer.toString(), d.$, d.text, Object.keys(d).length, socket.id])(socket.data)`),
    [["1", "-0", "NaN", "Infinity"], true, true, ["x"], [[{ k: 1 }, null]], 5, String(2n ** 80n), [0, 255], "hi", "dollar", "grüße 👋", 10, id],
  );
  assert.ok(!(await client.ask("events")).some(([event]) => event === "adopt"));
});

test("a reload is refused that would lose some of it", async (t) => {
  const host = await serve(t, "probe");
  const client = await host.client();
  for (const [data, why] of [
    ["{ parser: { next() {} } }", "socket.data.parser.next is a function"],
    ["[new (class Parser {})()]", "socket.data[0] is an instance of Parser"],
    ["(() => { const self = {}; self.self = self; return self })()", "nested too deeply, or in a circle"],
  ]) {
    await client.ask(`void (socket.data = ${data})`);
    await assert.rejects(host.reload(), (error) => error.stderr.includes(why), why);
    assert.equal(await client.ask("1 + 1"), 2);
  }
  await client.ask("void (socket.data = undefined)");
  await host.reload();
});

test("snapshot and restore, with what socket.data holds", async (t) => {
  const host = await serve(t, "probe", "--set", "state=yes", "--set", "word=a", "--set", "word=b");
  const client = await host.client();
  for (const data of ["undefined", "'mine'"]) {
    await client.ask(`void (socket.data = ${data})`);
    await host.reload();
    assert.deepEqual((await client.ask("events")).slice(0, 2), [["start", "a", "b"], ["restore", "1", [`big,${2n ** 70n}`], ["a", "b"]]]);
    assert.equal(await client.ask("socket.data"), data === "undefined" ? undefined : "mine");
  }
});

test("a plugin that has no restore takes no state over", async (t) => {
  const host = await serve(t, "probe", "--set", "state=yes");
  const client = await host.client();
  await client.ask("1");
  await assert.rejects(host.reload(plugin("echo")), (error) => /has no `restore`/.test(error.stderr));
  assert.equal(await client.ask("2"), 2);
});

test("timers of setTimeout end with their generation, those of tokens don't", async (t) => {
  const host = await serve(t, "probe");
  const client = await host.client();
  await client.ask(`void (setTimeout(() => { throw new Error("really gone") }, 50), kit.timers.set(7, 60), kit.timers.set(2n ** 53n + 1n, 70))`);
  await host.reload();
  const fired = await client.ask(`new Promise((resolve) => { const i = setInterval(() => { const f = events.filter(([e]) => e === "fired"); if (f.length === 2) { clearInterval(i); resolve(f) } }, 5) })`);
  assert.deepEqual(fired, [["fired", "7"], ["fired", String(2n ** 53n + 1n)]]);
});
