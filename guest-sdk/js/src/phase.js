// A component's top level runs when it is built, with no host around. What needs one waits for `start`.

let waiting = [];

/** Whether there is a host: false while the component is being built. */
export let running = false;

/** Calls `act` once there is a host: now, or at the instance's start. */
export function whenRunning(act) {
  if (running) act();
  else waiting.push(act);
}

/** The instance starts. */
export function run() {
  running = true;
  const due = waiting;
  waiting = [];
  for (const act of due) act();
}
