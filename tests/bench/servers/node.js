// Node's TCP server: `node node.js echo|five-writes|tls-echo [CERTIFICATE KEY]`.

const fs = require("node:fs");
const net = require("node:net");
const tls = require("node:tls");

const [service, certificate, key] = process.argv.slice(2);

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

function serve(socket) {
  socket.on("error", () => {});
  (service === "five-writes" ? fiveWrites : echo)(socket);
}

const server =
  service === "tls-echo"
    ? tls.createServer({ noDelay: true, cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, serve)
    : net.createServer({ noDelay: true }, serve);
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log(`listening on tcp://127.0.0.1:${server.address().port}`);
  console.log("ready");
});
