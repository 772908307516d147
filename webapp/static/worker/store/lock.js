// One writer at a time: Web Locks where the browser has them (across tabs), else a chain of promises.

/** A function that runs `work` alone. */
export function makeLock(locks, name) {
  if (locks) return (work) => locks.request(name, work);
  let last = Promise.resolve();
  return (work) => {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return run;
  };
}
