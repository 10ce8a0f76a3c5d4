// Sends back what comes in.
export default {
  data(socket, bytes) {
    socket.write(bytes);
  },
};
