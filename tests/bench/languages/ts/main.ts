// Sends back what comes in.
import type { Plugin } from "@sockdock/guest";

export default {
  data(socket, bytes) {
    socket.write(bytes);
  },
} satisfies Plugin;
