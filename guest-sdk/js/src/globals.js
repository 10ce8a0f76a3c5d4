// What QuickJS lacks, or has in a way that doesn't fit a plugin: each kept to what programs for sockets use.

import { Buffer } from "./buffer.js";
import { console } from "./console.js";
import { performance } from "./clock.js";
import { Promise, queueMicrotask } from "./promise.js";
import { crypto, random } from "./random.js";
import { TextDecoder, TextEncoder } from "./text.js";
import { clearTimeout, setImmediate, setTimeout, setInterval } from "./timers.js";

Object.assign(globalThis, {
  Buffer,
  Promise,
  TextDecoder,
  TextEncoder,
  clearImmediate: clearTimeout,
  clearInterval: clearTimeout,
  clearTimeout,
  console,
  crypto,
  performance,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
});
Math.random = random;
