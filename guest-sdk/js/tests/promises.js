// Run by the component and by Node: the orders must be the same.

export async function order() {
  const seen = [];
  const say = (word) => () => void seen.push(word);
  const done = Promise.resolve().then(say("then 1")).then(say("then 2"));
  queueMicrotask(say("microtask"));
  (async () => {
    seen.push("async begins");
    await null;
    seen.push("async goes on");
    for await (const n of [1, Promise.resolve(2)]) seen.push(n);
  })();
  new Promise((resolve) => resolve({ then: (take) => take("thenable") })).then((word) => seen.push(word));
  seen.push("synchronous");
  await done;
  await new Promise((resolve) => setTimeout(resolve, 1));
  return seen;
}

export async function combinators() {
  const late = (value, ms) => new Promise((resolve) => setTimeout(resolve, ms, value));
  const never = new Promise(() => {});
  const fail = (why) => Promise.reject(new Error(why));
  return [
    await Promise.all([1, late(2, 3), Promise.resolve(3)]),
    await Promise.race([never, late("first", 1), late("second", 20)]),
    (await Promise.allSettled([1, fail("no")])).map(({ status, value, reason }) => [status, value, reason?.message]),
    await Promise.any([fail("a"), late("b", 1)]),
    await Promise.any([fail("a"), fail("b")]).catch((error) => [error.name, error.errors.map((e) => e.message)]),
    await Promise.all([1, fail("whole")]).catch((error) => error.message),
    await Promise.all([]),
  ];
}

export async function failures() {
  const seen = [];
  try {
    await (async () => {
      throw new Error("inside");
    })();
  } catch (error) {
    seen.push(error.message);
  } finally {
    seen.push("finally");
  }
  await Promise.reject(new Error("x")).finally(() => seen.push("cleanup")).catch((error) => seen.push(`caught ${error.message}`));
  const self = {};
  self.promise = Promise.resolve().then(() => self.promise);
  await self.promise.catch((error) => seen.push(error.name));
  async function* numbers() {
    yield 1;
    yield await Promise.resolve(2);
  }
  for await (const n of numbers()) seen.push(n);
  return seen;
}
