// Node's TCP server: `node node.js echo|five-writes`.

const net = require("node:net");

function echo(socket) {
  socket.on("data", (chunk) => {
    // Not `pipe`, which does the same with more machinery.
    if (!socket.write(chunk)) {
      socket.pause();
      socket.once("drain", () => socket.resume());
    }
  });
}

function fiveWrites(socket) {
  socket.on("data", (chunk) => {
    for (let i = 0; i < chunk.length; i++) {
      socket.write("h");
      socket.write("e");
      socket.write("l");
      socket.write("l");
      socket.write("o");
    }
  });
}

const serve = { echo, "five-writes": fiveWrites }[process.argv[2]];
const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  serve(socket);
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log(`listening on tcp://127.0.0.1:${server.address().port}`);
  console.log("ready");
});
