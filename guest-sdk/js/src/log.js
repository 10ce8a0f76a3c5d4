// The host's log.

import { log as write } from "sockdock:plugin/logging@0.1.0";
import { whenRunning } from "./phase.js";

/** One message. A lone surrogate couldn't be handed over. */
export function put(level, message) {
  message = String(message).toWellFormed();
  whenRunning(() => write(level, message));
}

export const log = {
  trace: (message) => put("trace", message),
  debug: (message) => put("debug", message),
  info: (message) => put("info", message),
  warn: (message) => put("warn", message),
  error: (message) => put("error", message),
};
