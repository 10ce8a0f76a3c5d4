// What the types allow, and what they don't: each @ts-expect-error is an error if there is none.

import { connect, listen, plugin, publish, timers, Socket, SocketError, State, type Plugin } from "@sockdock/guest";

interface Session {
  name: string;
}

export const typed: Plugin<Session> = plugin<Session>({
  open(socket) {
    socket.data = { name: "x" };
    // @ts-expect-error: it has another type
    socket.data = 5;
    const address: string | undefined = socket.remoteAddress;
    socket.write(address ?? "?");
  },
  data(socket, bytes) {
    const name: string = socket.data.name;
    const text: string = bytes.toString("utf8");
    const taken: number = socket.write(bytes.subarray(1));
    if (taken < 0) socket.terminate();
    socket.end(`${name} ${text}`);
    // @ts-expect-error: neither text nor bytes
    socket.write(5);
    // @ts-expect-error: no such method
    socket.wriet("x");
  },
  error(_, error) {
    if (error instanceof SocketError && error.kind === "reset") console.warn(error.code);
  },
  close(_, error, unsent) {
    console.log(error?.kind ?? "none", unsent.toFixed());
  },
  handshake(_, success, reason) {
    if (!success) console.log(reason?.message);
  },
  start(config) {
    const port: number | undefined = config.number("port");
    timers.set(1, port ?? 1000);
  },
  fired(token) {
    if (token === 1) publish("ticks", "tick");
  },
  snapshot: () => new State("1", "x"),
  restore(state: State, version: string) {
    console.log(state.text(), version);
  },
});

export const binary = plugin<undefined, "arraybuffer">({
  binaryType: "arraybuffer",
  data(_, bytes) {
    const length: number = bytes.byteLength;
    // @ts-expect-error: an ArrayBuffer has no elements
    console.log(bytes[0], length);
  },
});

// @ts-expect-error: a handler is a function
plugin({ data: 5 });

export const untyped = {
  data(socket, bytes) {
    socket.write(bytes);
  },
} satisfies Plugin;

export const server = listen({ hostname: "127.0.0.1", port: 1, data: { name: "x" }, socket: { open: (socket) => void socket.write(socket.data.name) } });

export async function proxy(): Promise<void> {
  const upstream: Socket<{ peer: number }> = await connect({ hostname: "::1", port: 443, tls: { serverName: "x" }, data: { peer: 5 } });
  upstream.upgradeTLS({ tls: { credentials: "mine" } });
  connect({ unix: "/x" }).socket.write("early");
}
