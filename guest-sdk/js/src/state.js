// What one generation hands to the next, as the host passes it on.

import { bytesOf } from "./bytes.js";
import { decode } from "./text.js";

export class State {
  constructor(version, data) {
    this.version = String(version).toWellFormed();
    this.data = bytesOf(data);
  }

  /** The data as UTF-8. */
  text() {
    return decode(this.data);
  }

  /** The data as JSON. */
  json() {
    return JSON.parse(this.text());
  }
}
