// The host's refusals, as the kit's methods tell them.

import { refusal } from "./errors.js";

/** Makes a call that answers something; refusals are thrown. */
export function asked(name, call, ...args) {
  try {
    return call(...args);
  } catch (error) {
    throw refusal(error, name);
  }
}

/** Makes a call that answers nothing: true; false if the socket is closed; any other refusal is thrown. */
export function done(name, call, ...args) {
  try {
    call(...args);
    return true;
  } catch (error) {
    if (error?.payload === "closed") return false;
    throw refusal(error, name);
  }
}

/** As `asked`; `otherwise` if it is refused: for properties, which don't throw. */
export function known(otherwise, call, id) {
  try {
    return call(id);
  } catch {
    return otherwise;
  }
}
