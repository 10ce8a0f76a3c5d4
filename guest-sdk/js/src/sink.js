// Bun's ArrayBufferSink: gathers small pieces into one.

import { Buffer } from "./buffer.js";
import { bytesOf } from "./bytes.js";

export class ArrayBufferSink {
  #parts = [];
  #length = 0;
  #stream = false;
  #asUint8Array = false;

  start({ stream = false, asUint8Array = false } = {}) {
    this.#take();
    this.#stream = Boolean(stream);
    this.#asUint8Array = Boolean(asUint8Array);
  }

  write(chunk) {
    const bytes = bytesOf(chunk);
    // The caller may go on using its array.
    this.#parts.push(typeof chunk === "string" ? bytes : bytes.slice());
    this.#length += bytes.length;
    return bytes.length;
  }

  flush() {
    return this.#stream ? this.#answer(this.#take()) : this.#length;
  }

  end() {
    return this.#answer(this.#take());
  }

  #take() {
    const whole = Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return whole;
  }

  #answer(whole) {
    return this.#asUint8Array ? new Uint8Array(whole.buffer) : whole.buffer;
  }
}
