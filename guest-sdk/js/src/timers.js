// `setTimeout` and its kin, over the host's timers; and those timers themselves, by their tokens.

import { clearTimer, setTimer } from "sockdock:plugin/timers@0.1.0";
import { refusal } from "./errors.js";
import { running, whenRunning } from "./phase.js";
import { FIRST, forget, handed, isOurs } from "./tokens.js";

// The host would take 2^32 - 1, the bindings take 2^31 - 1: 24 days.
const LONGEST = 2 ** 31 - 1;

let last = FIRST;
const armed = new Map();

class Timer {
  constructor(act, delay, values, repeats) {
    this.token = ++last;
    this.delay = milliseconds(delay);
    this.act = act;
    this.values = values;
    this.repeats = repeats;
    armed.set(this.token, this);
    whenRunning(() => this.refresh());
  }

  /** Counts from now. */
  refresh() {
    if (armed.get(this.token) === this && running) arm(this.token, this.delay);
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  hasRef() {
    return true;
  }

  [Symbol.toPrimitive]() {
    return this.token;
  }

  [Symbol.dispose]() {
    clearTimeout(this);
  }
}

/** Whole milliseconds that the host takes. */
export function milliseconds(delay) {
  return delay > 0 ? Math.min(Math.max(1, Math.round(delay)), LONGEST) : 0;
}

function arm(token, delay) {
  try {
    setTimer(token, delay);
  } catch (error) {
    throw refusal(error, "setTimer");
  }
}

function make(act, delay, values, repeats) {
  if (typeof act !== "function") throw new TypeError("a timer calls a function");
  return new Timer(act, delay, values, repeats);
}

export const setTimeout = (act, delay = 0, ...values) => make(act, delay, values, false);
export const setInterval = (act, delay = 0, ...values) => make(act, Math.max(1, milliseconds(delay)), values, true);
export const setImmediate = (act, ...values) => make(act, 0, values, false);

/** Also of an interval; nothing happens if it has fired, or is none. */
export function clearTimeout(timer) {
  const token = Number(timer);
  if (armed.delete(token) && running) clearTimer(token);
}

/** Calls what `setTimeout` was given; false if the token is the plugin's own. */
export function fire(token) {
  const timer = armed.get(token);
  // Those of the generation before are gone with their functions.
  if (timer === undefined) return isOurs(token);
  if (timer.repeats) arm(token, timer.delay);
  else armed.delete(token);
  timer.act(...timer.values);
  return true;
}

export const timers = {
  set: (token, delay) => arm(handed(token), milliseconds(delay)),
  clear(token) {
    const standIn = handed(token);
    clearTimer(standIn);
    forget(standIn);
  },
};
