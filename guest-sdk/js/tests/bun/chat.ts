// A chat for Bun: everybody hears everybody else. Names, a greeting that waits a moment, and nobody who is silent for long.

import type { Socket } from "bun";

type Guest = { name?: string; buffer: string };

const guests = new Set<Socket<Guest>>();

function tell(text: string, but?: Socket<Guest>) {
  for (const guest of guests) if (guest !== but) guest.write(`${text}\n`);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function greet(socket: Socket<Guest>) {
  await sleep(10);
  socket.write(`* hello ${socket.data.name}, there are ${guests.size} of you\n`);
}

async function say(socket: Socket<Guest>, line: string) {
  if (socket.data.name === undefined) {
    socket.data.name = line;
    guests.add(socket);
    tell(`* ${line} is here`, socket);
    await greet(socket);
  } else {
    tell(`${socket.data.name}: ${line}`, socket);
  }
}

Bun.listen<Guest>({
  hostname: "127.0.0.1",
  port: 7000,
  socket: {
    open(socket) {
      socket.data = { buffer: "" };
      socket.timeout(300);
      socket.write("your name?\n");
    },
    async data(socket, data) {
      socket.data.buffer += new TextDecoder().decode(data);
      const lines = socket.data.buffer.split("\n");
      socket.data.buffer = lines.pop() ?? "";
      for (const line of lines) await say(socket, line);
    },
    timeout(socket) {
      socket.end("* you have fallen asleep\n");
    },
    close(socket) {
      if (guests.delete(socket)) tell(`* ${socket.data.name} has left`);
    },
    error(_, error) {
      console.error(error);
    },
  },
});
