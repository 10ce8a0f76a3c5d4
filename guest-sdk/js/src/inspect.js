// Values for people, in one line where that is short: what `console` prints.

const DEPTH = 3;
const ITEMS = 100;
const WIDTH = 72;

export function inspect(value, depth = 0, above = []) {
  switch (typeof value) {
    case "string":
      return depth === 0 ? value : JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return `[${value.toString().startsWith("class") ? "class" : "Function"} ${value.name || "(anonymous)"}]`;
    case "object":
      return value === null ? "null" : object(value, depth, above);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function object(value, depth, above) {
  if (value instanceof Error) return error(value, depth, above);
  if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (above.includes(value)) return "[Circular]";
  const name = value.constructor?.name ?? "Object";
  if (depth > DEPTH) return `[${name}]`;
  const inside = [...above, value];
  const show = (item) => inspect(item, depth + 1, inside);
  if (Array.isArray(value)) return enclosed("", "[", "]", some(value, value.length, show));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return enclosed(`${name}(${value.length}) `, "[", "]", some(value, value.length, show));
  if (value instanceof Map) {
    return enclosed(`Map(${value.size}) `, "{", "}", some(value, value.size, ([key, item]) => `${show(key)} => ${show(item)}`));
  }
  if (value instanceof Set) return enclosed(`Set(${value.size}) `, "{", "}", some(value, value.size, show));
  const keys = Object.keys(value);
  const field = (key) => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${show(value[key])}`;
  return enclosed(name === "Object" ? "" : `${name} `, "{", "}", some(keys, keys.length, field));
}

function error(value, depth, above) {
  const head = `${value.name}: ${value.message}`;
  const stack = value.stack ? `\n${value.stack.trimEnd()}` : "";
  const cause = value.cause === undefined || above.includes(value) ? "" : `\n[cause]: ${inspect(value.cause, depth + 1, [...above, value])}`;
  return head + stack + cause;
}

function some(values, count, show) {
  const shown = [];
  for (const value of values) {
    if (shown.length === ITEMS) {
      shown.push(`… ${count - ITEMS} more`);
      break;
    }
    shown.push(show(value));
  }
  return shown;
}

function enclosed(name, open, close, items) {
  if (items.length === 0) return `${name}${open}${close}`;
  const line = `${name}${open} ${items.join(", ")} ${close}`;
  if (line.length <= WIDTH && !line.includes("\n")) return line;
  return `${name}${open}\n${items.map((item) => `  ${item.replaceAll("\n", "\n  ")}`).join(",\n")}\n${close}`;
}

/** What `console.log` makes of its arguments: `%s`, `%d`, `%i`, `%f`, `%o`, `%O`, `%j` and `%%` in the first are filled in. */
export function format(first, ...rest) {
  let text = inspect(first);
  if (typeof first === "string" && rest.length > 0) {
    text = first.replace(/%[sdifoOjc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (rest.length === 0) return mark;
      const value = rest.shift();
      switch (mark) {
        case "%s":
          return inspect(value);
        case "%d":
        case "%f":
          return String(Number(value));
        case "%i":
          return String(Math.trunc(Number(value)));
        case "%j":
          return JSON.stringify(value);
        case "%c":
          return "";
        default:
          return inspect(value, 1);
      }
    });
  }
  return [text, ...rest.map((value) => inspect(value))].join(" ");
}
