// Values as JSON and back, so that they come out as they went in: also what JSON lacks. Anything that has behaviour (functions,
// instances of classes) is refused, since the next generation may have other code for it.

import { Buffer } from "./buffer.js";

// An object with this one key stands for a value that JSON lacks: { $: ["Map", …] }.
const MARK = "$";
const DEEPEST = 200;

const mark = (...parts) => ({ [MARK]: parts });

/** `what` names the value in an error. */
export function pack(value, what, depth = 0) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : mark("Number", Object.is(value, -0) ? "-0" : String(value));
    case "undefined":
      return mark("undefined");
    case "bigint":
      return mark("BigInt", String(value));
    case "object":
      return value === null ? null : object(value, what, depth + 1);
    default:
      throw unfit(what, `a ${typeof value}`);
  }
}

function object(value, what, depth) {
  if (depth > DEEPEST) throw unfit(what, "nested too deeply, or in a circle");
  const inner = (item, name) => pack(item, `${what}${name}`, depth);
  if (Array.isArray(value)) return value.map((item, i) => inner(item, `[${i}]`));
  if (value instanceof Uint8Array) return mark(Buffer.isBuffer(value) ? "Buffer" : "Uint8Array", value.toBase64());
  if (value instanceof Date) return mark("Date", value.getTime());
  if (value instanceof Set) return mark("Set", Array.from(value, (item) => inner(item, ".values")));
  if (value instanceof Map) {
    return mark("Map", Array.from(value, ([key, item]) => [inner(key, ".keys"), inner(item, `.get(${String(key)})`)]));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw unfit(what, `an instance of ${value.constructor?.name ?? "a class"}`);
  }
  const packed = {};
  for (const key of Object.keys(value)) packed[key] = inner(value[key], `.${key}`);
  return Object.hasOwn(packed, MARK) ? mark("Object", Object.entries(packed)) : packed;
}

function unfit(what, is) {
  return new TypeError(
    `${what} is ${is}, which can't cross a reload: keep plain values there (objects, arrays, Map, Set, Date, Uint8Array, …), or say \`persistData: false\``,
  );
}

export function unpack(packed) {
  if (packed === null || typeof packed !== "object") return packed;
  if (Array.isArray(packed)) return packed.map(unpack);
  const marked = packed[MARK];
  if (marked === undefined) return Object.fromEntries(Object.entries(packed).map(([key, value]) => [key, unpack(value)]));
  const [kind, value] = marked;
  switch (kind) {
    case "undefined":
      return undefined;
    case "Number":
      return Number(value);
    case "BigInt":
      return BigInt(value);
    case "Uint8Array":
      return Uint8Array.fromBase64(value);
    case "Buffer":
      return Buffer.from(Uint8Array.fromBase64(value));
    case "Date":
      return new Date(value ?? NaN);
    case "Set":
      return new Set(value.map(unpack));
    case "Map":
      return new Map(value.map(([key, item]) => [unpack(key), unpack(item)]));
    case "Object":
      return Object.fromEntries(value.map(([key, item]) => [key, unpack(item)]));
    default:
      throw new TypeError(`a value of the kind ${kind} was carried over, which this version of the kit doesn't know`);
  }
}
