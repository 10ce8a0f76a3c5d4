// Publish and subscribe.

import * as topics from "sockdock:plugin/topics@0.1.0";
import { bytesOf } from "./bytes.js";
import { refusal } from "./errors.js";

/** `skip` is a socket's id, or null. */
export function send(topic, data, skip) {
  const bytes = bytesOf(data);
  try {
    return topics.publish(String(topic).toWellFormed(), bytes, skip);
  } catch (error) {
    throw refusal(error, "publish");
  }
}

export function publish(topic, data) {
  return send(topic, data, null);
}
