// A TLS server on Node: tells each client how it came, and what it said. Prints its port.
//
//   cert key other_cert other_key   what it shows, and what to who asks for other.test
//   version alpn                    what it speaks
//   clients                         who vouches for clients' certificates, where it wants one

import { readFileSync } from "node:fs";
import { createServer } from "node:tls";

const asked = JSON.parse(process.argv[2]);
const file = (path) => readFileSync(path);
const options = {
  cert: file(asked.cert),
  key: file(asked.key),
  minVersion: asked.version,
  maxVersion: asked.version,
  ALPNProtocols: asked.alpn ? [asked.alpn] : undefined,
  requestCert: !!asked.clients,
  rejectUnauthorized: !!asked.clients,
  ca: asked.clients ? file(asked.clients) : undefined,
};
const server = createServer(options, (socket) => {
  const how = `${socket.getProtocol()} ${socket.alpnProtocol} ${socket.servername} ${socket.isSessionReused()}`;
  socket.on("data", (data) => socket.write(`${how} ${data}`));
  socket.on("error", () => {});
});
server.addContext("other.test", { cert: file(asked.other_cert), key: file(asked.other_key) });
// A client that is refused.
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
