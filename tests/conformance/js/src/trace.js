// What has happened, and how it is handed on.

/** The first 64 bytes, as a line can hold them. */
export function escaped(bytes) {
  let text = "";
  for (const byte of bytes.subarray(0, 64)) text += ESCAPES[byte];
  return text;
}

const NAMED = { "\t": "\\t", "\r": "\\r", "\n": "\\n", "'": "\\'", '"': '\\"', "\\": "\\\\" };
const ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (NAMED[character] !== undefined) return NAMED[character];
  return byte >= 0x20 && byte <= 0x7e ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
});

const NEWLINE = 10;

export class Trace {
  events = [];
  /** By the events that they are run after. */
  scripts = new Map();
  /** The control connections, each with the line that hasn't ended yet. */
  controls = new Map();

  /** The lines that these bytes complete. */
  lines(socket, bytes) {
    const all = Buffer.concat([this.controls.get(socket.id) ?? Buffer.alloc(0), bytes]);
    const lines = [];
    let begin = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, begin)) {
      lines.push(all.toString("utf8", begin, end));
      begin = end + 1;
    }
    this.controls.set(socket.id, all.slice(begin));
    return lines;
  }

  save() {
    return [
      ...Array.from(this.scripts, ([event, script]) => `h${event} ${script}`),
      ...Array.from(this.controls.keys(), (id) => `c${id}`),
      ...this.events.map((entry) => `e${entry}`),
    ].join("\n");
  }

  /** What was saved comes before what this instance has recorded. */
  load(text) {
    const own = this.events;
    this.events = [];
    for (const line of text.split("\n").filter((line) => line !== "")) {
      const rest = line.slice(1);
      const blank = rest.indexOf(" ");
      if (line[0] === "h") this.scripts.set(rest.slice(0, blank), rest.slice(blank + 1));
      else if (line[0] === "c") this.controls.set(Number(rest), Buffer.alloc(0));
      else if (line[0] === "e") this.events.push(rest);
      else throw new Error(`no line of a trace: ${line}`);
    }
    this.events.push(...own);
  }
}
