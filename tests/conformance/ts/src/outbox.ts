// What short writes have left, until the socket drains.

import type { Socket } from "@sockdock/guest";

export class Outbox {
  #rests = new Map<Socket, Buffer[]>();

  write(socket: Socket, data: string | Buffer): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    const rest = this.#rests.get(socket);
    if (rest !== undefined) {
      rest.push(bytes);
      return;
    }
    const taken = socket.write(bytes);
    // -1: it is closed, and `close` follows.
    if (taken >= 0 && taken < bytes.length) this.#rests.set(socket, [bytes.subarray(taken)]);
  }

  drained(socket: Socket): void {
    const rest = this.#rests.get(socket);
    this.#rests.delete(socket);
    if (rest !== undefined) this.write(socket, Buffer.concat(rest));
  }

  forget(socket: Socket): void {
    this.#rests.delete(socket);
  }
}
