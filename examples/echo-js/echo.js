// Sends back what comes in.

import { write } from "sockdock:plugin/sockets@0.1.0";

export const socketHandlers = {
  data(socket, bytes) {
    try {
      // Never short: while the peer reads more slowly than it sends, the host delivers no more.
      write(socket, bytes);
    } catch (error) {
      // The connection is gone, which `close` will tell. Anything else is a mistake of ours.
      if (error.payload !== "closed") throw error;
    }
  },
  open(socket) {},
  drain(socket) {},
  end(socket) {}, // the host sends what is queued, and closes
  timeout(socket) {},
  handshake(socket, verified) {},
  error(socket, error) {},
  close(socket, info) {},
  connectError(socket, error) {},
};
