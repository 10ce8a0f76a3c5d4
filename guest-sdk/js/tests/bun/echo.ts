// An echo for Bun that remembers what it has echoed. `bun echo.ts` runs it; with `listen` of the kit in the place of `Bun.listen` it is a plugin.

interface Session {
  name: string;
  lines: number;
  seen: Set<string>;
}

let connections = 0;

const server = Bun.listen<Session>({
  hostname: "127.0.0.1",
  port: 7000,
  socket: {
    open(socket) {
      connections++;
      socket.data = { name: `guest${connections}`, lines: 0, seen: new Set() };
      socket.write(`welcome, ${socket.data.name}\n`);
    },
    data(socket, data) {
      const text = data.toString().trim();
      if (text === "quit") {
        socket.end("bye\n");
        return;
      }
      if (text === "oops") throw new Error("asked to fail");
      const again = socket.data.seen.has(text) ? " again" : "";
      socket.data.seen.add(text);
      socket.data.lines++;
      socket.write(`${socket.data.name} ${socket.data.lines}${again}: ${text}\n`);
    },
    error(socket, error) {
      socket.write(`sorry: ${error.message}\n`);
    },
    close(socket) {
      console.log("%s has left after %d lines", socket.data.name, socket.data.lines);
    },
  },
});

console.log(`listening on ${server.hostname}:${server.port}`);
