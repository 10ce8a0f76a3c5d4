// What the tests ask of a plugin in JavaScript; a command per line:
//
//   NUMBER      send so many bytes of the pattern (byte I is I modulo 251), no faster than the peer reads, and end
//   print TEXT  by the language's own means of printing
//   log TEXT    by the contract's `logging`
//   foreign     what `write` says about a socket that isn't this instance's
//   clock       seconds since 1970
//   random      a random number
//   fail        an error that nobody catches

import { end, write } from "sockdock:plugin/sockets@0.1.0";
import { log } from "sockdock:plugin/logging@0.1.0";

// QuickJS has none.
globalThis.console = { log: (...words) => log("info", words.join(" ")) };

const text = (bytes) => String.fromCharCode(...bytes);
const bytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

// Made once: an event has 100 ms, and an interpreter's loop over a mebibyte takes longer.
const PATTERN = Uint8Array.from({ length: 4096 + 251 }, (_, i) => i % 251);

// What each socket has still to be sent: where it stands, and where it ends.
const jobs = new Map();

// The peer may have gone away while it was being written to; `close` follows.
function unlessClosed(act) {
  try {
    act();
  } catch (error) {
    if (error.payload !== "closed") throw error;
  }
}

function proceed(socket, job) {
  while (job.next < job.total) {
    const at = job.next % 251;
    const piece = PATTERN.subarray(at, at + Math.min(4096, job.total - job.next));
    const taken = write(socket, piece);
    job.next += taken;
    if (taken < piece.length) return; // `drain` will tell
  }
  jobs.delete(socket);
  end(socket);
}

function foreign(socket) {
  try {
    return write(socket + 1, bytes("x"));
  } catch (error) {
    return error.payload;
  }
}

function answer(socket, command, words) {
  switch (command) {
    case "print":
      console.log(words);
      return "ok";
    case "log":
      log("warn", words);
      return "ok";
    case "foreign":
      return foreign(socket);
    case "clock":
      return Math.floor(Date.now() / 1000);
    case "random":
      return Math.random();
    default:
      throw new Error(`told to fail by "${command}"`);
  }
}

export const socketHandlers = {
  data(socket, received) {
    const line = text(received).trimEnd();
    if (/^\d+$/.test(line)) {
      const job = { next: 0, total: Number(line) };
      jobs.set(socket, job);
      return unlessClosed(() => proceed(socket, job));
    }
    const [command, ...words] = line.split(" ");
    write(socket, bytes(`${answer(socket, command, words.join(" "))}\n`));
  },
  drain(socket) {
    const job = jobs.get(socket);
    if (job) unlessClosed(() => proceed(socket, job));
  },
  close(socket, info) {
    jobs.delete(socket);
  },
  open(socket) {},
  end(socket) {},
  timeout(socket) {},
  handshake(socket, verified) {},
  error(socket, error) {},
  connectError(socket, error) {},
};
