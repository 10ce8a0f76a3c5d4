// Programs that were written for Bun (tests/bun), with another import and `listen` in the place of `Bun.listen`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./host.js";

test("the echo, also across a reload", async (t) => {
  const host = await serve(t, "echo");
  const client = await host.client();
  assert.equal(await client.line(), "welcome, guest1");
  client.send("hello\n");
  assert.equal(await client.line(), "guest1 1: hello");
  client.send("oops\n");
  assert.equal(await client.line(), "sorry: asked to fail");
  await host.reload();
  client.send("hello\n");
  assert.equal(await client.line(), "guest1 2 again: hello");
  client.send("quit\n");
  assert.deepEqual([await client.line(), await client.line()], ["bye", undefined]);
  await host.logged("guest1 has left after 2 lines");
});

test("the chat", async (t) => {
  const host = await serve(t, "chat");
  const [ann, bob] = [await host.client(), await host.client()];
  assert.equal(await ann.line(), "your name?");
  ann.send("ann\n");
  assert.equal(await ann.line(), "* hello ann, there are 1 of you");
  assert.equal(await bob.line(), "your name?");
  bob.send("bo");
  bob.send("b\n");
  assert.equal(await ann.line(), "* bob is here");
  assert.equal(await bob.line(), "* hello bob, there are 2 of you");
  ann.send("hi\nthere\n");
  assert.deepEqual([await bob.line(), await bob.line()], ["ann: hi", "ann: there"]);
  bob.socket.end();
  assert.equal(await ann.line(), "* bob has left");
});
