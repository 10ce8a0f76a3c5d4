// UTF-8. QuickJS has no TextEncoder, and a loop over bytes takes it some 100 ns each, so the work is given to what it has
// in C: Base64, URI escapes, regular expressions.

const ASCII = /^[\x00-\x7f]*$/;
// Fewer than this are quicker in a loop.
const SHORT = 4;

/** The bytes of a string; what isn't well formed becomes U+FFFD. */
export function encode(text) {
  const length = text.length;
  if (length <= SHORT) {
    const bytes = new Uint8Array(length);
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) break;
      bytes[i] = unit;
    }
    if (i === length) return bytes;
  }
  if (ASCII.test(text)) return Uint8Array.fromBase64(btoa(text));
  return Uint8Array.fromBase64(btoa(unescape(encodeURIComponent(text.toWellFormed()))));
}

/** One character per byte. */
export const latin1 = (bytes) => atob(bytes.toBase64());

/** The string that bytes spell; throws a URIError where they aren't UTF-8. */
function strict(bytes) {
  const text = latin1(bytes);
  return ASCII.test(text) ? text : decodeURIComponent(escape(text));
}

/** As `strict`, with U+FFFD for what isn't UTF-8, in the places that the Encoding Standard says. */
export function decode(bytes) {
  try {
    return strict(bytes);
  } catch {
    return lossy(bytes);
  }
}

/** How many bytes the character that `lead` begins has, and the range that its second byte must lie in. */
function shape(lead) {
  if (lead < 0x80) return [1];
  if (lead < 0xc2) return [0];
  if (lead < 0xe0) return [2, 0x80, 0xbf];
  if (lead < 0xf0) return [3, lead === 0xe0 ? 0xa0 : 0x80, lead === 0xed ? 0x9f : 0xbf];
  if (lead < 0xf5) return [4, lead === 0xf0 ? 0x90 : 0x80, lead === 0xf4 ? 0x8f : 0xbf];
  return [0];
}

/** How many of the bytes from `at` belong together, and whether they are a whole character. */
function sequence(bytes, at) {
  const [length, low, high] = shape(bytes[at]);
  if (length < 2) return { size: 1, good: length === 1 };
  let size = 1;
  for (; size < length && at + size < bytes.length; size++) {
    const byte = bytes[at + size];
    if (size === 1 ? byte < low || byte > high : byte < 0x80 || byte > 0xbf) return { size, good: false };
  }
  return { size, good: size === length, cut: size < length };
}

function lossy(bytes) {
  const parts = [];
  let good = 0;
  for (let at = 0; at < bytes.length; ) {
    const next = sequence(bytes, at);
    if (!next.good) {
      if (at > good) parts.push(strict(bytes.subarray(good, at)));
      parts.push("\ufffd");
      good = at + next.size;
    }
    at += next.size;
  }
  if (bytes.length > good) parts.push(strict(bytes.subarray(good)));
  return parts.join("");
}

/** Where a character begins that the bytes end within; their length if there is none. */
function cut(bytes) {
  for (let at = bytes.length - 1; at >= 0 && at >= bytes.length - 3; at--) {
    if (bytes[at] >= 0xc0) return sequence(bytes, at).cut ? at : bytes.length;
    if (bytes[at] < 0x80) break;
  }
  return bytes.length;
}

export class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    return encode(String(text));
  }

  encodeInto(text, target) {
    const bytes = encode(text);
    // Only whole characters go in.
    const written = bytes.length <= target.length ? bytes.length : cut(bytes.subarray(0, target.length));
    target.set(bytes.subarray(0, written));
    return { read: written === bytes.length ? text.length : decode(bytes.subarray(0, written)).length, written };
  }
}

const NAMES = { "utf-8": "utf-8", utf8: "utf-8", latin1: "latin1", ascii: "latin1", "iso-8859-1": "latin1" };

export class TextDecoder {
  #held = new Uint8Array(0);
  #begun = false;

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    this.encoding = NAMES[String(label).trim().toLowerCase()];
    if (!this.encoding) throw new RangeError(`${label} is an encoding that this TextDecoder doesn't know: it knows utf-8 and latin1`);
    this.fatal = Boolean(fatal);
    this.ignoreBOM = Boolean(ignoreBOM);
  }

  decode(input, { stream = false } = {}) {
    let bytes = input === undefined ? new Uint8Array(0) : view(input);
    if (this.encoding === "latin1") return latin1(bytes);
    if (this.#held.length > 0) bytes = joined(this.#held, bytes);
    const end = stream ? cut(bytes) : bytes.length;
    this.#held = bytes.slice(end);
    if (end < bytes.length) bytes = bytes.subarray(0, end);
    let text;
    try {
      text = strict(bytes);
    } catch {
      if (this.fatal) throw new TypeError("the bytes are not UTF-8");
      text = lossy(bytes);
    }
    const first = !this.#begun && text.length > 0;
    this.#begun = stream && (this.#begun || text.length > 0);
    return first && !this.ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
}

function view(input) {
  if (input instanceof Uint8Array) return input;
  return ArrayBuffer.isView(input) ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
}

function joined(a, b) {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
