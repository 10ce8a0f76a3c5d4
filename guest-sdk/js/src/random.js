// Randomness from the host. QuickJS's `Math.random` begins with the same seed in every instance of a component: the one it had
// when the component was built.

import { getRandomBytes } from "wasi:random/random@0.2.12";
import { running } from "./phase.js";

const fixed = Math.random;

// Asked for in pools: a call of the host costs as much as twenty numbers.
const POOL = 256;
let pool;
let next = POOL;

/** `Math.random`: 53 random bits. While a component is being built there is no host, and the numbers are QuickJS's own. */
export function random() {
  if (next === POOL) {
    if (!running) return fixed();
    pool = new Uint32Array(getRandomBytes(POOL * 4).buffer);
    next = 0;
  }
  return (pool[next++] * 0x200000 + (pool[next++] >>> 11)) / 0x20000000000000;
}

// By the standard.
const MOST = 65536;

function getRandomValues(view) {
  if (!ArrayBuffer.isView(view)) throw new TypeError("getRandomValues fills a typed array of integers");
  if (view.byteLength > MOST) throw new RangeError(`getRandomValues fills ${MOST} bytes at most, not ${view.byteLength}`);
  if (!running) throw new Error("there is no randomness while a component is built (at a module's top level): ask for it in a handler");
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(getRandomBytes(view.byteLength));
  return view;
}

function randomUUID() {
  const bytes = getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const crypto = { getRandomValues, randomUUID };
