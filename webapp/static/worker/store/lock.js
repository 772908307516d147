// One at a time, across tabs and the worker: Web Locks where the browser has them, else leases in the database.

import { makeLease } from "./lease.js";

/**
 * {alone, exchanging}: functions that run `work` as the only writer, and as the only exchange. A build of another
 * version counts too. `around` is {database, now, random, pause, every, guards} of a lease (see lease.js).
 */
export function makeLocks(locks, around) {
  const lock = locks
    ? (name) => (work) => locks.request(name, work)
    : (name, more) => makeLease(name, { pause: wait, every: repeat, owner: hex(around.random(8)), ...around, ...more });
  return { alone: lock("qiaomen-store"), exchanging: lock("qiaomen-exchange", { guards: false }) };
}

/** Bytes in hexadecimal. */
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function repeat(ms, work) {
  const timer = setInterval(() => work().catch((error) => console.error(error)), ms);
  return () => clearInterval(timer);
}
