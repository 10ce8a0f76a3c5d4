// As much of Node's Buffer as programs for sockets use.

import { bytesOf } from "./bytes.js";
import { decode, encode, latin1 } from "./text.js";

const unknown = (encoding) => new TypeError(`unknown encoding: ${encoding}`);

function fromText(text, encoding = "utf8") {
  switch (encoding.toLowerCase()) {
    case "utf8":
    case "utf-8":
      return encode(text);
    case "hex":
      return Uint8Array.fromHex(text);
    case "base64":
      return Uint8Array.fromBase64(text);
    case "base64url":
      return Uint8Array.fromBase64(text, { alphabet: "base64url" });
    case "latin1":
    case "binary":
    case "ascii":
      return Uint8Array.fromBase64(btoa(text));
    default:
      throw unknown(encoding);
  }
}

/** Makes a Buffer of a Uint8Array, in its place. */
export const asBuffer = (bytes) => Object.setPrototypeOf(bytes, Buffer.prototype);

export class Buffer extends Uint8Array {
  static from(source, encodingOrOffset, length) {
    if (typeof source === "string") return asBuffer(fromText(source, encodingOrOffset));
    if (source instanceof ArrayBuffer) return new Buffer(source, encodingOrOffset, length);
    return asBuffer(new Uint8Array(source));
  }

  static alloc(size, fill = 0, encoding) {
    const buffer = new Buffer(size);
    return fill === 0 ? buffer : buffer.fill(fill, 0, size, encoding);
  }

  static allocUnsafe(size) {
    return new Buffer(size);
  }

  static concat(list, total = list.reduce((sum, part) => sum + part.length, 0)) {
    const whole = new Buffer(total);
    let at = 0;
    for (const part of list) {
      const fits = part.length <= total - at ? part : part.subarray(0, total - at);
      whole.set(fits, at);
      at += fits.length;
    }
    return whole;
  }

  static isBuffer(value) {
    return value instanceof Buffer;
  }

  static byteLength(value, encoding) {
    return typeof value === "string" ? fromText(value, encoding).length : value.byteLength;
  }

  static compare(a, b) {
    const shared = Math.min(a.length, b.length);
    for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return Math.sign(a.length - b.length);
  }

  toString(encoding = "utf8", start = 0, end = this.length) {
    const bytes = start === 0 && end >= this.length ? this : this.subarray(start, Math.max(start, end));
    switch (encoding.toLowerCase()) {
      case "utf8":
      case "utf-8":
        return decode(bytes);
      case "hex":
        return bytes.toHex();
      case "base64":
        return bytes.toBase64();
      case "base64url":
        return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
      case "latin1":
      case "binary":
      case "ascii":
        return latin1(bytes);
      default:
        throw unknown(encoding);
    }
  }

  toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  }

  /** A view, as in Node; not a copy. */
  slice(start, end) {
    return this.subarray(start, end);
  }

  equals(other) {
    return this.length === other.length && Buffer.compare(this, other) === 0;
  }

  compare(other) {
    return Buffer.compare(this, other);
  }

  copy(target, at = 0, start = 0, end = this.length) {
    const part = this.subarray(start, Math.min(end, start + target.length - at));
    target.set(part, at);
    return part.length;
  }

  fill(value, start, end, encoding) {
    if (typeof value === "number") return super.fill(value, start, end);
    const pattern = bytesOf(typeof value === "string" ? fromText(value, encoding) : value);
    if (pattern.length < 2) return super.fill(pattern[0] ?? 0, start, end);
    const part = this.subarray(start, end);
    part.set(pattern.subarray(0, part.length));
    // Twice as much with each step.
    for (let done = pattern.length; done < part.length; done *= 2) part.copyWithin(done, 0, done);
    return this;
  }

  write(text, at = 0, length = this.length - at, encoding = "utf8") {
    const all = fromText(text, encoding);
    let end = Math.min(all.length, length, this.length - at);
    // Whole characters alone: no continuation of one is cut off.
    if (/^utf-?8$/i.test(encoding)) while (end > 0 && end < all.length && (all[end] & 0xc0) === 0x80) end--;
    const bytes = all.subarray(0, end);
    this.set(bytes, at);
    return bytes.length;
  }

  indexOf(value, from = 0) {
    if (typeof value === "number") return super.indexOf(value & 255, from);
    const sought = bytesOf(value);
    if (sought.length === 0) return Math.min(from, this.length);
    for (let at = super.indexOf(sought[0], from); at >= 0; at = super.indexOf(sought[0], at + 1)) {
      if (at + sought.length > this.length) return -1;
      let i = 1;
      while (i < sought.length && this[at + i] === sought[i]) i++;
      if (i === sought.length) return at;
    }
    return -1;
  }

  includes(value, from) {
    return this.indexOf(value, from) >= 0;
  }
}

// The bundler calls a class otherwise that speaks of itself.
Object.defineProperty(Buffer, "name", { value: "Buffer" });

// readUInt16BE, writeInt32LE and so on; in both spellings of `UInt`.
const NUMBERS = {
  UInt8: 1, Int8: 1, UInt16: 2, Int16: 2, UInt32: 4, Int32: 4, BigUInt64: 8, BigInt64: 8, Float: 4, Double: 8,
};
const VIEWED = { UInt8: "Uint8", UInt16: "Uint16", UInt32: "Uint32", BigUInt64: "BigUint64", Float: "Float32", Double: "Float64" };

const viewed = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

function define(kind, size, order, little) {
  const viewedAs = VIEWED[kind] ?? kind;
  const read = function (at = 0) {
    return viewed(this)[`get${viewedAs}`](at, little);
  };
  const write = function (value, at = 0) {
    viewed(this)[`set${viewedAs}`](at, value, little);
    return at + size;
  };
  for (const name of new Set([kind, kind.replace("UInt", "Uint")])) {
    Object.defineProperty(Buffer.prototype, `read${name}${order}`, { value: read, writable: true, configurable: true });
    Object.defineProperty(Buffer.prototype, `write${name}${order}`, { value: write, writable: true, configurable: true });
  }
}

for (const [kind, size] of Object.entries(NUMBERS)) {
  if (size === 1) define(kind, size, "", false);
  else {
    define(kind, size, "BE", false);
    define(kind, size, "LE", true);
  }
}
