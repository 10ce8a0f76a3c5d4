// Tokens of timers between the plugin, where they are numbers or BigInts, and the bindings, where they are doubles.
//
// The bindings make a u64 of a double, with what is too large becoming the largest, and give one back as a double of the same bits
// read as an i64. So tokens up to 2^53 come through, and the largest. For any other there is a stand-in.

/** Tokens of `setTimeout` are above this, up to the stand-ins. */
export const FIRST = 2 ** 52;
const BEYOND = 2 ** 53;
const LARGEST = 2n ** 64n - 1n;

/** By stand-in. Few and seldom, so that looking one up by its token may take its time. */
let standIns = new Map();
let lowest = BEYOND;

/** Whether it is neither the plugin's nor a stand-in for one of its. */
export const isOurs = (token) => token > FIRST && token < BEYOND && !standIns.has(token);

/** A token of the plugin's as the bindings take it. */
export function handed(token) {
  if (typeof token === "number" ? Number.isSafeInteger(token) && token >= 0 && token <= FIRST : token >= 0n && token <= FIRST) return Number(token);
  if (typeof token !== "bigint" || token < 0n || token > LARGEST) {
    throw new RangeError(`a timer's token is a whole number from 0 to 2^52, or a BigInt up to 2^64 - 1, not ${token}`);
  }
  if (token === LARGEST) return 2 ** 64;
  for (const [standIn, stoodFor] of standIns) if (stoodFor === token) return standIn;
  standIns.set(--lowest, token);
  return lowest;
}

/** A token of the bindings' as the plugin has it. */
export function tokenOf(token) {
  if (token < 0) return BigInt(token) + 2n ** 64n;
  if (token >= BEYOND) return BigInt(token);
  const stoodFor = standIns.get(token);
  standIns.delete(token);
  return stoodFor ?? token;
}

/** It is no longer armed. */
export const forget = (standIn) => void standIns.delete(standIn);

/** The stand-ins, for the next generation. */
export const save = () => Array.from(standIns, ([standIn, token]) => [standIn, String(token)]);

export function load(saved) {
  standIns = new Map(saved.map(([standIn, token]) => [standIn, BigInt(token)]));
  lowest = Math.min(BEYOND, ...standIns.keys());
}
