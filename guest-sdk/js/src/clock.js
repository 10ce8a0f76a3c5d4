// QuickJS counts from when the component was built.

import { whenRunning } from "./phase.js";

const clock = globalThis.performance;
let begin = clock.now();

export const performance = {
  timeOrigin: Date.now(),
  now: () => clock.now() - begin,
};

whenRunning(() => {
  begin = clock.now();
  performance.timeOrigin = Date.now();
});
