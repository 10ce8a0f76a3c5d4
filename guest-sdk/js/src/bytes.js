// Whatever can be written, as a Uint8Array; without a copy where it is one.

import { encode } from "./text.js";

export function bytesOf(data, byteOffset = 0, byteLength) {
  if (typeof data === "string") return encode(data);
  if (byteOffset === 0 && byteLength === undefined && data instanceof Uint8Array) return data;
  const whole = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : data instanceof ArrayBuffer || data instanceof SharedArrayBuffer
      ? new Uint8Array(data)
      : undefined;
  if (whole === undefined) {
    throw new TypeError(`a string, an ArrayBuffer or a view of one can be written, not ${data === null ? "null" : typeof data}`);
  }
  const end = byteLength === undefined ? whole.length : byteOffset + byteLength;
  if (byteOffset < 0 || end > whole.length || end < byteOffset) {
    throw new RangeError(`bytes ${byteOffset} to ${end} of ${whole.length}`);
  }
  return whole.subarray(byteOffset, end);
}
