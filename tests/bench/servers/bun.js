// Bun's TCP server: `bun bun.js echo|five-writes|tls-echo [CERTIFICATE KEY]`. Handlers are shared by all sockets, as its
// documentation asks for.

const [service, certificate, key] = process.argv.slice(2);

// What a short write left over is sent on drain.
function drain(socket) {
  const rest = socket.data;
  if (!rest) return;
  const n = socket.write(rest);
  socket.data = n < rest.length ? rest.subarray(n) : undefined;
}

function echo(socket, chunk) {
  if (socket.data) {
    socket.data = Buffer.concat([socket.data, chunk]);
    return;
  }
  const n = socket.write(chunk);
  // A copy: the chunk is only lent.
  if (n < chunk.length) socket.data = Buffer.from(chunk.subarray(n));
}

function fiveWrites(socket, chunk) {
  for (let i = 0; i < chunk.length; i++) {
    socket.write("h");
    socket.write("e");
    socket.write("l");
    socket.write("l");
    socket.write("o");
  }
}

const server = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  tls: service === "tls-echo" ? { cert: Bun.file(certificate), key: Bun.file(key) } : undefined,
  socket: { data: service === "five-writes" ? fiveWrites : echo, drain, error() {} },
});
console.log(`listening on tcp://127.0.0.1:${server.port}`);
console.log("ready");
