// A TLS client on Node and on Bun: says hello, prints what it is told, and how it was told.
//
//   port name ca            where, as whom it takes the server, and who vouches for that
//   version alpn cert key   what it offers       unchecked   takes the server for whoever it is
//   again                   connects once more, with the session of the first connection

import { readFileSync } from "node:fs";
import { connect } from "node:tls";

const asked = JSON.parse(process.argv[2]);
const file = (path) => (path ? readFileSync(path) : undefined);
let session;

function once(resumed) {
  return new Promise((done, failed) => {
    const socket = connect({
      host: "127.0.0.1",
      port: asked.port,
      servername: asked.name,
      ca: file(asked.ca),
      cert: file(asked.cert),
      key: file(asked.key),
      ALPNProtocols: asked.alpn ? [asked.alpn] : undefined,
      minVersion: asked.version,
      maxVersion: asked.version,
      rejectUnauthorized: !asked.unchecked,
      session: resumed,
    });
    socket.on("secureConnect", () => socket.write("hello\n"));
    socket.on("session", (made) => (session = made));
    socket.on("error", failed);
    socket.on("data", (data) => console.log(socket.getProtocol(), socket.alpnProtocol, socket.isSessionReused(), String(data)));
    socket.on("close", done);
  });
}

await once();
if (asked.again) await once(session);
