// `console`, into the host's log under the plugin's name.

import { format, inspect } from "./inspect.js";
import { put } from "./log.js";

const counts = new Map();
const begun = new Map();
let indent = "";

const to = (level) => (...values) => {
  const text = values.length === 0 ? "" : format(...values);
  put(level, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
};
const info = to("info");

export const console = {
  log: info,
  info,
  debug: to("debug"),
  warn: to("warn"),
  error: to("error"),
  trace(...values) {
    const name = values.length === 0 ? "Trace" : format(...values);
    put("trace", `${name}\n${new Error().stack.trimEnd()}`);
  },
  assert(good, ...values) {
    if (!good) console.error(...(values.length === 0 ? ["Assertion failed"] : ["Assertion failed:", ...values]));
  },
  dir: (value) => info(inspect(value, 1)),
  table: (value) => info(inspect(value, 1)),
  count(label = "default") {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    info(`${label}: ${counts.get(label)}`);
  },
  countReset: (label = "default") => void counts.delete(label),
  time: (label = "default") => void begun.set(label, performance.now()),
  timeLog: (label = "default", ...values) => info(`${label}: ${elapsed(label)}`, ...values),
  timeEnd(label = "default") {
    info(`${label}: ${elapsed(label)}`);
    begun.delete(label);
  },
  group(...values) {
    if (values.length > 0) info(...values);
    indent += "  ";
  },
  groupEnd() {
    indent = indent.slice(2);
  },
};

function elapsed(label) {
  const from = begun.get(label);
  return from === undefined ? "no such timer" : `${(performance.now() - from).toFixed(3)} ms`;
}
