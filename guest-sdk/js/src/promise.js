// Promises whose reactions run before a handler's event is over. QuickJS's own wait in a queue that nobody empties once a
// component is built. `async` functions are compiled to use these (esbuild: `--supported:async-await=false`).

let jobs = [];
let rejected = [];

/** Whether `settle` has anything to do. A variable, since it is looked at after each event. */
export let unsettled = false;

function enqueue(job) {
  unsettled = true;
  jobs.push(job);
}

/** Runs all that is due; throws the first rejection that nothing handles. */
export function settle() {
  for (let i = 0; i < jobs.length; i++) {
    const job = jobs[i];
    try {
      job();
    } catch (error) {
      // What has run is done, also if somebody catches this and goes on.
      jobs = jobs.slice(i + 1);
      throw error;
    }
  }
  const unhandled = rejected.find((promise) => !promise._handled);
  jobs = [];
  rejected = [];
  unsettled = false;
  if (unhandled) throw unhandled._value;
}

export function queueMicrotask(job) {
  if (typeof job !== "function") throw new TypeError("queueMicrotask takes a function");
  enqueue(job);
}

const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

export class Promise {
  constructor(executor) {
    if (typeof executor !== "function") throw new TypeError("new Promise takes a function");
    this._state = PENDING;
    this._value = undefined;
    this._reactions = [];
    this._handled = false;
    const [resolve, reject] = resolvers(this);
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  then(onFulfilled, onRejected) {
    const next = new Promise(nothing);
    const reaction = { next, onFulfilled, onRejected };
    this._handled = true;
    if (this._state === PENDING) this._reactions.push(reaction);
    else enqueue(() => react(this, reaction));
    return next;
  }

  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  finally(onFinally) {
    if (typeof onFinally !== "function") return this.then(onFinally, onFinally);
    return this.then(
      (value) => Promise.resolve(onFinally()).then(() => value),
      (reason) => Promise.resolve(onFinally()).then(() => Promise.reject(reason)),
    );
  }

  static resolve(value) {
    return value instanceof Promise ? value : new Promise((resolve) => resolve(value));
  }

  static reject(reason) {
    return new Promise((_, reject) => reject(reason));
  }

  static withResolvers() {
    let resolve, reject;
    const promise = new Promise((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    return { promise, resolve, reject };
  }

  static try(act, ...values) {
    return new Promise((resolve) => resolve(act(...values)));
  }

  static all(promises) {
    return gathered(promises, (promise, done, reject) => promise.then(done, reject));
  }

  static allSettled(promises) {
    return gathered(promises, (promise, done) =>
      promise.then(
        (value) => done({ status: "fulfilled", value }),
        (reason) => done({ status: "rejected", reason }),
      ),
    );
  }

  static race(promises) {
    return new Promise((resolve, reject) => {
      for (const promise of promises) Promise.resolve(promise).then(resolve, reject);
    });
  }

  static any(promises) {
    return new Promise((resolve, reject) => {
      gathered(promises, (promise, done) => promise.then(resolve, done)).then((errors) =>
        reject(new AggregateError(errors, "all promises were rejected")),
      );
    });
  }
}
Object.defineProperty(Promise.prototype, Symbol.toStringTag, { value: "Promise", configurable: true });

const nothing = () => {};

function gathered(promises, wait) {
  return new Promise((resolve, reject) => {
    const values = [];
    let count = 0;
    let left = 1;
    const done = () => {
      if (--left === 0) resolve(values);
    };
    for (const promise of promises) {
      const at = count++;
      left++;
      const take = (value) => {
        values[at] = value;
        done();
      };
      wait(Promise.resolve(promise), take, reject);
    }
    done();
  });
}

/** The two functions that settle a promise, of which the first call alone counts. */
function resolvers(promise) {
  let called = false;
  const once = (act) => (value) => {
    if (called) return;
    called = true;
    act(promise, value);
  };
  return [once(resolve), once(reject)];
}

function resolve(promise, value) {
  if (value === promise) return reject(promise, new TypeError("a promise can't wait for itself"));
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return finish(promise, FULFILLED, value);
  let then;
  try {
    then = value.then;
  } catch (error) {
    return reject(promise, error);
  }
  if (typeof then !== "function") return finish(promise, FULFILLED, value);
  enqueue(() => {
    const [fulfil, refuse] = resolvers(promise);
    try {
      then.call(value, fulfil, refuse);
    } catch (error) {
      refuse(error);
    }
  });
}

function reject(promise, reason) {
  if (!promise._handled) {
    unsettled = true;
    rejected.push(promise);
  }
  finish(promise, REJECTED, reason);
}

function finish(promise, state, value) {
  promise._state = state;
  promise._value = value;
  for (const reaction of promise._reactions) enqueue(() => react(promise, reaction));
  promise._reactions = undefined;
}

function react(promise, { next, onFulfilled, onRejected }) {
  const handler = promise._state === FULFILLED ? onFulfilled : onRejected;
  if (typeof handler !== "function") {
    return promise._state === FULFILLED ? resolve(next, promise._value) : reject(next, promise._value);
  }
  let value;
  try {
    value = handler(promise._value);
  } catch (error) {
    return reject(next, error);
  }
  resolve(next, value);
}
