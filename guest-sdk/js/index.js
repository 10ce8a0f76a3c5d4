// The kit's public face; what each thing does stands in index.d.ts.

export { Buffer } from "./src/buffer.js";
export { Config } from "./src/config.js";
export { SocketError } from "./src/errors.js";
export { log } from "./src/log.js";
export { connect } from "./src/outbound.js";
export { listen, plugin } from "./src/plugin.js";
export { ArrayBufferSink } from "./src/sink.js";
export { Socket } from "./src/socket.js";
export { State } from "./src/state.js";
export { timers } from "./src/timers.js";
export { publish } from "./src/topics.js";
