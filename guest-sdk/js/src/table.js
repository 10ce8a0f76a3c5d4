// The Socket of an id. A hash table of our own: QuickJS's Map hashes consecutive numbers so badly that a look-up among a thousand
// takes 3 µs, and this one 0.2.

// `exports.js` has the loop of `find` once more, for `data`.
export let buckets = new Array(64).fill(undefined);
export let mask = buckets.length - 1;
let count = 0;

// An id's two lowest bits are nearly always 0.
export const SHIFT = 2;

export function find(id) {
  let socket = buckets[(id >>> SHIFT) & mask];
  while (socket !== undefined && socket.id !== id) socket = socket._next;
  return socket;
}

export function add(socket) {
  if (count > mask) grow();
  const at = (socket.id >>> SHIFT) & mask;
  socket._next = buckets[at];
  buckets[at] = socket;
  count++;
}

export function remove(socket) {
  const at = (socket.id >>> SHIFT) & mask;
  let before;
  let here = buckets[at];
  while (here !== undefined && here !== socket) {
    before = here;
    here = here._next;
  }
  if (here === undefined) return;
  if (before === undefined) buckets[at] = here._next;
  else before._next = here._next;
  here._next = undefined;
  count--;
}

export function* each() {
  for (const first of buckets) {
    for (let socket = first; socket !== undefined; ) {
      const next = socket._next;
      yield socket;
      socket = next;
    }
  }
}

function grow() {
  const all = [...each()];
  buckets = new Array(2 * buckets.length).fill(undefined);
  mask = buckets.length - 1;
  count = 0;
  for (const socket of all) add(socket);
}
