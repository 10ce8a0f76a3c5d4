// The operator's settings for a plugin.

export class Config {
  #pairs;

  constructor(pairs = []) {
    this.#pairs = pairs;
  }

  get(key) {
    return this.#pairs.findLast(([name]) => name === key)?.[1];
  }

  has(key) {
    return this.#pairs.some(([name]) => name === key);
  }

  all(key) {
    return this.#pairs.filter(([name]) => name === key).map(([, value]) => value);
  }

  number(key) {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (value.trim() === "" || !Number.isFinite(Number(value))) throw new Error(`\`${key}\` can't be \`${value}\`: it isn't a number`);
    return Number(value);
  }

  only(...known) {
    const unknown = this.#pairs.find(([name]) => !known.includes(name));
    if (unknown === undefined) return;
    const knows = known.length === 0 ? "this plugin has none to set" : `this plugin knows \`${known.join("`, `")}\``;
    throw new Error(`unknown key \`${unknown[0]}\`: ${knows}`);
  }

  *[Symbol.iterator]() {
    yield* this.#pairs;
  }
}
