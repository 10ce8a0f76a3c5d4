// What the kit adds to QuickJS does as Node does: the same expressions, in the component and here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./host.js";
import * as promises from "./promises.js";

/** Evaluates each in both. */
async function same(t, ...expressions) {
  const host = await serve(t, "probe");
  const client = await host.client();
  for (const expression of expressions) {
    const here = JSON.parse(JSON.stringify((0, eval)(`(${expression})`)));
    assert.deepEqual(await client.ask(expression), here, expression);
  }
}

const BROKEN = ["80", "e282", "c0af", "eda080", "f5808080", "fffe", "f09f91", "e28241", "f0808080", "c3a9c3", "61ff62e2829163", "f4908080"];
const TEXTS = ["", "a", "abcd", "hello, wörld", "Ελλάδα 你好 👋🏽", "\u0000\u007f\u0080\u00ff", "x".repeat(5000), "é".repeat(3000), "\ufeffmark"];

test("UTF-8 is encoded", (t) =>
  same(
    t,
    ...TEXTS.map((text) => `Array.from(new TextEncoder().encode(${JSON.stringify(text)}))`),
    `Array.from(new TextEncoder().encode("a\\ud800b"))`,
    `Array.from(new TextEncoder().encode())`,
    `(() => { const target = new Uint8Array(4); return [new TextEncoder().encodeInto("aé你x", target), Array.from(target)] })()`,
    `(() => { const target = new Uint8Array(9); return [new TextEncoder().encodeInto("aé👋x", target), Array.from(target)] })()`,
  ));

test("UTF-8 is decoded, also what isn't well formed", (t) =>
  same(
    t,
    ...TEXTS.map((text) => `new TextDecoder().decode(Buffer.from("${Buffer.from(text).toString("hex")}", "hex"))`),
    ...BROKEN.map((hex) => `new TextDecoder().decode(Buffer.from("${hex}", "hex"))`),
    ...BROKEN.map((hex) => `(() => { try { return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from("${hex}", "hex")) } catch (e) { return e.name } })()`),
    `new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.from("efbbbf61", "hex"))`,
    `new TextDecoder("latin1").decode(Buffer.from("61e9", "hex"))`,
    `(() => { try { new TextDecoder("klingon") } catch (e) { return e.name } })()`,
  ));

test("UTF-8 is decoded in pieces", (t) => {
  const bytes = Buffer.from("\ufeffaé你👋 and \ufeff more");
  const pieces = (size) =>
    `(() => { const d = new TextDecoder(), b = Buffer.from("${bytes.toString("hex")}", "hex"), out = [];
      for (let i = 0; i < b.length; i += ${size}) out.push(d.decode(b.subarray(i, i + ${size}), { stream: true }));
      return [...out, d.decode(), d.decode(b)] })()`;
  return same(t, pieces(1), pieces(2), pieces(3), pieces(7), `(() => { const d = new TextDecoder(); return [d.decode(Buffer.from("61f09f", "hex"), { stream: true }), d.decode()] })()`);
});

test("Buffer", (t) =>
  same(
    t,
    `["utf8", "hex", "base64", "base64url", "latin1"].map((e) => Buffer.from("grüße ÿ?>").toString(e))`,
    `["68c3a9", "00ff"].map((h) => Buffer.from(h, "hex").toString())`,
    `[Buffer.from("aGk_", "base64url").toString("hex"), Buffer.from("aGk=", "base64").toString("hex"), Array.from(Buffer.from("é", "latin1"))]`,
    `Buffer.concat([Buffer.from("a"), Buffer.from("bc")]).toString() + Buffer.concat([Buffer.from("abc"), Buffer.from("def")], 4)`,
    `[Buffer.alloc(7, "ab").toString(), Buffer.alloc(3, 65).toString(), Array.from(Buffer.alloc(2)), Buffer.alloc(5).fill("xyz", 1, 4).toString("hex")]`,
    `(() => { const b = Buffer.from("hello hello"); return [b.indexOf("lo"), b.indexOf("lo", 4), b.indexOf("z"), b.indexOf(111), b.includes("hell"), b.indexOf(Buffer.from("o h")), b.indexOf("")] })()`,
    `[Buffer.from("a").equals(Buffer.from("a")), Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.from("ab").compare(Buffer.from("a"))]`,
    `(() => { const b = Buffer.from("abc"), v = b.slice(1); v[0] = 65; return [b.toString(), Buffer.isBuffer(v), Buffer.isBuffer(b.subarray(1)), JSON.stringify(b)] })()`,
    `(() => { const b = Buffer.alloc(32); let at = 0;
      at = b.writeUInt8(255, at); at = b.writeInt16BE(-2, at); at = b.writeUInt32LE(4000000000, at); at = b.writeDoubleBE(1.5, at); at = b.writeBigUInt64BE(2n ** 63n, at);
      return [at, b.toString("hex"), b.readUInt8(0), b.readInt16BE(1), b.readUInt32LE(3), b.readDoubleBE(7), String(b.readBigUInt64BE(15)), b.readUint16BE(1)] })()`,
    `[Buffer.byteLength("é"), Buffer.byteLength("68c3", "hex"), Buffer.from("abcdef").toString("utf8", 2, 4), Buffer.from([1, 2, 300]).toString("hex")]`,
    `(() => { const b = Buffer.alloc(5); return [b.write("héé", 1), b.toString("hex"), Buffer.from("xy").copy(b, 4), b.toString("hex")] })()`,
  ));

test("promises settle in the same order", async (t) => {
  const host = await serve(t, "probe");
  const client = await host.client();
  for (const name of Object.keys(promises)) {
    assert.deepEqual(await client.ask(`promises.${name}()`), JSON.parse(JSON.stringify(await promises[name]())), name);
  }
});

test("console goes to the log, at its levels", async (t) => {
  const host = await serve(t, "probe", "--log-level", "trace");
  const client = await host.client();
  await client.ask(`console.log("%s is %d, %o", "six", 6, { a: [1, "x"] }, new Map([[1, { b: null }]]), [undefined, -0, 5n])`);
  assert.match(await host.logged("six is 6"), /INFO plugin: six is 6, \{ a: \[ 1, "x" \] \} Map\(1\) \{ 1 => \{ b: null \} \} \[ undefined, -0, 5n \]/);
  await client.ask(`console.error(new TypeError("bad", { cause: new Error("why") }))`);
  assert.match(await host.logged("[cause]"), /ERROR plugin: TypeError: bad/);
  await client.ask(`(() => { const self = {}; self.self = self; console.warn(self, Buffer.from("ab")) })()`);
  assert.match(await host.logged("Circular"), /WARN plugin: \{ self: \[Circular\] \} Buffer\(2\) \[ 97, 98 \]/);
  assert.match(await host.logged("built"), /INFO plugin: built/);
});

test("randomness differs between instances, and is spread", async (t) => {
  const values = [];
  for (let i = 0; i < 2; i++) {
    const client = await (await serve(t, "probe")).client();
    values.push(...(await client.ask("[Math.random(), crypto.randomUUID(), Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')]")));
    const many = await client.ask("Array.from({ length: 1000 }, Math.random)");
    assert.ok(many.every((n) => n >= 0 && n < 1) && new Set(many).size === 1000);
    const mean = many.reduce((sum, n) => sum + n) / 1000;
    // Ten standard deviations.
    assert.ok(Math.abs(mean - 0.5) < 0.092, String(mean));
  }
  assert.equal(new Set(values).size, 6);
  assert.match(values[1], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("clocks go", async (t) => {
  const client = await (await serve(t, "probe")).client();
  const [first, date] = await client.ask("[performance.now(), Date.now()]");
  assert.ok(first >= 0 && Math.abs(date - Date.now()) < 60_000);
  assert.ok((await client.ask("performance.now()")) > first);
});
