// What short writes have left, until the socket drains.

export class Outbox {
  #rests = new Map();

  write(socket, data) {
    const bytes = Buffer.from(data);
    const rest = this.#rests.get(socket);
    if (rest !== undefined) {
      rest.push(bytes);
      return;
    }
    const taken = socket.write(bytes);
    // -1: it is closed, and `close` follows.
    if (taken >= 0 && taken < bytes.length) this.#rests.set(socket, [bytes.subarray(taken)]);
  }

  drained(socket) {
    const rest = this.#rests.get(socket);
    this.#rests.delete(socket);
    if (rest !== undefined) this.write(socket, Buffer.concat(rest));
  }

  forget(socket) {
    this.#rests.delete(socket);
  }
}
