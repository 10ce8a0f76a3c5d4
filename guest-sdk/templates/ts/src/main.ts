// {{name}}: sends back what comes in, and counts it.
//
// The host calls a function per event of a socket. `sockdock dev` puts each save behind the live connections.

import { plugin } from "@sockdock/guest";

/** What is remembered of a connection: its `socket.data`. It goes on in the next build, as long as that understands it. */
interface Session {
  bytes: number;
}

export default plugin<Session>({
  open(socket) {
    socket.data = { bytes: 0 };
    console.log(`${socket.remoteAddress}:${socket.remotePort} has connected`);
    socket.write("hello from {{name}}\n");
  },

  // Some bytes of a stream: a line may come in two calls, or two lines in one.
  data(socket, bytes) {
    socket.data.bytes += bytes.length;
    // Try it: `bytes.toString().toUpperCase()`.
    socket.write(bytes);
  },

  close(socket) {
    console.log(`a connection has ended after ${socket.data.bytes} bytes`);
  },

  // What a handler throws comes here, and the connection goes on; so does what has broken the connection.
  error(socket, error) {
    console.error(error);
  },
});
