// One exchange after another until there is nothing to say and nothing to hear. An answer counts only if it
// speaks the protocol: a captive portal's "200 OK" in HTML acknowledges nothing. While an answer is stored, the
// next ones are already on their way; answers are stored in the order in which they were asked for.

import { makePlan } from "./plan.js";

const PROTOCOL = 1;
const encoder = new TextEncoder();
const WORTH_COMPRESSING = 512;
const WORTH_MEASURING = 16 * 1024;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 5 * 60_000;
const SMALLEST_PAGE = 32 * 1024;
const FIRST_PAGE = 64 * 1024;
const LARGEST_PAGE = 256 * 1024;
const PAGE_SECONDS = 8; // fewer round trips where each takes a second; a dropped one costs eight at most
const MOST_ROUNDS = 2_000;
const MOST_AHEAD = 2; // requests on their way at once in a first sync; one where the line is poor
const PATIENCE = 120_000;
const QUIET_FIRST = 2 * 60_000; // nothing said and nothing heard: the minute's clock asks less and less often
const QUIET_LONGEST = 30 * 60_000;
const QUIET_FRONT = 5 * 60_000;
const KEPT_CODES = new Set([
  ...["sign_in_again", "device_revoked", "wiped", "portal", "phone_full"],
  ...["no_answer", "busy", "server_behind"], // these pass by themselves, and the strip says so
]);
const EMPTY = {
  statuses: [],
  verdicts: [],
  areas: { granted: [], lost: [] },
  news: [],
  repairs: [],
  checks: {},
  remaining: { rows: 0, bytes: 0 },
  flags: { wipe: false, min_build: null, retry_after: null },
}; // what a part left out of a lean answer says (sync/lean.py)

/** An exchanger over a store; run() is single-flight, here and across tabs, and never throws. */
export function makeExchanger({ store, fetch, now, random, build, notify, compress, clock = () => performance.now() }) {
  let running = null;
  let wish = FIRST_PAGE;

  /**
   * Exchange until done: {ok, code}. The clock's ("minute") waits out a back-off, "front" a short one when quiet.
   * Who finds one under way hears of its end, and where that one looked for the last time before something was
   * saved, there is another.
   */
  async function run({ reason = "" } = {}) {
    if (running) {
      const outcome = await running;
      return outcome.ok && (await store.pending({ limit: 1 })).length ? run({ reason }) : outcome;
    }
    running = runAlone(reason).finally(() => {
      running = null;
    });
    return running;
  }

  /** One exchange, with no other tab's or build's beside it; every page hears how it ended. */
  async function runAlone(reason) {
    const outcome = await store.exchange(async () => {
      const ended = await attempt(reason);
      if (ended.ok) await store.reserve();
      return ended;
    });
    await notify({ outcome });
    return outcome;
  }

  async function attempt(reason) {
    const link = await store.link();
    if (await isTooSoon(link, reason)) return { ok: false, code: "waiting" };
    wish = link.wish ?? FIRST_PAGE;
    try {
      const { quiet, ...outcome } = await exchangeAll(reason);
      const still = quiet ? Math.min(link.quiet ? link.quiet * 2 : QUIET_FIRST, QUIET_LONGEST) : 0;
      const kept = { ok: true, at: now(), code: outcome.code, failures: 0, wish };
      await store.setLink({ ...kept, quiet: still, retry_at: still && now() + still });
      return outcome;
    } catch (error) {
      return await noteFailure(link, error);
    }
  }

  /** Whether the clock, or an app brought to the front again, has to wait. What waits to be said is never held up. */
  async function isTooSoon(link, reason) {
    if (reason === "minute" && !link.ok) return now() < link.retry_at;
    if (!link.quiet || !["minute", "front"].includes(reason)) return false;
    const until = reason === "front" ? link.at + QUIET_FRONT : link.retry_at;
    return now() >= link.at && now() < until && !(await store.pending({ limit: 1 })).length;
  }

  async function exchangeAll(reason) {
    const told = { rows: 0, bytes: 0 };
    const [plan, ahead] = [makePlan(await store.stages()), []];
    let said = 0;
    try {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const { asked } = ahead.shift() ?? ask(await compose(round === 0 ? reason : ""));
        const { request, answer: heard, bytes } = await asked;
        plan.hear(request, heard);
        ahead.push(...(await askAhead(plan, request, heard, !ahead.length)));
        const answer = plan.widen(request, heard, told.rows);
        told.rows += await store.settle(answer, request);
        told.bytes += bytes;
        said += request.changes.length;
        const [left, usable] = [answer.remaining.rows, Boolean(answer.usable || !answer.more)];
        notify({ progress: { ...told, left, usable, ready: !answer.more } });
        const answered = new Set(answer.statuses.map((status) => status.id));
        if (request.changes.some((change) => !answered.has(change.id))) throw failure("not_answered");
        if (answer.flags?.wipe && !(await store.pending({ limit: 1 })).length) return await forgetAll();
        if (!answer.more && !(await store.pending({ limit: 1 })).length) break;
      }
    } finally {
      for (const { stop } of ahead) stop(); // what was asked ahead of a failure is asked again
    }
    return { ok: true, code: "", quiet: !said && !told.rows };
  }

  /** The server wants this phone to forget: what it has acknowledged is safe with it, and what waits stays sealed. */
  async function forgetAll() {
    await store.wipe({ keepWaiting: true });
    return { ok: true, code: "wiped" };
  }

  async function compose(reason) {
    const identity = await store.identity();
    if (!identity?.token) throw failure("sign_in_again");
    const { epoch = null, token, ready, file_key: key } = identity;
    const said = { epoch, cursors: await store.cursors(), changes: await store.pending() };
    if (reason === "save" && ready && epoch && said.changes.length) return { body: narrow(said), token };
    const questions = await store.questions(reason === "manual");
    return { body: { ...bodyOf(said), ...questions, ...(key ? {} : { file_key: 1 }) }, token };
  }

  /** What was just saved, with the news of its own areas alone: those of others wait for the minute. */
  function narrow({ epoch, cursors, changes }) {
    const areas = [...new Set(changes.map((change) => change.area))].filter((area) => area in cursors);
    const own = Object.fromEntries(areas.map((area) => [area, cursors[area]]));
    return bodyOf(areas.length ? { epoch, cursors: own, changes, only: areas } : { epoch, cursors, changes });
  }

  /**
   * The next requests, with the cursors that were heard, where nothing waits to be said first: cells of areas that are
   * new, or, where none is left and none `isLast` on its way, whatever comes next.
   */
  async function askAhead(plan, request, answer, isLast) {
    const same = request.epoch === null || request.epoch === answer.epoch;
    const more = answer.more || (request.only && !request.changes.length);
    if (!more || !same || answer.areas.lost.length || answer.flags?.wipe) return [];
    const waiting = await store.pending({ limit: request.changes.length + 1 });
    if (waiting.length > request.changes.length) return [];
    const { epoch, token } = answer;
    const asked = [];
    const most = wish > SMALLEST_PAGE ? MOST_AHEAD : 1;
    for (let wanted = plan.next(most); wanted; wanted = plan.next(most)) {
      asked.push(ask({ body: bodyOf({ epoch, changes: [], ...wanted }), token }));
    }
    if (asked.length || !isLast) return asked;
    return [ask({ body: bodyOf({ epoch, cursors: plan.cursors(), changes: [] }), token })];
  }

  /** What every request says: this build and what it can take, beside where the phone is and what it has to say. */
  function bodyOf({ epoch, cursors, ...said }) {
    return { protocol: PROTOCOL, build, epoch, snapshots: 3, lean: 2, cursors, bytes: wish, ...said };
  }

  /** One request under way: {asked, stop}; `asked` is a promise of {request, answer, bytes}. */
  function ask({ body, token }) {
    const stopper = new AbortController();
    const timer = setTimeout(() => stopper.abort(), PATIENCE);
    const asked = post(body, token, stopper.signal).finally(() => clearTimeout(timer));
    asked.catch(() => undefined); // whoever awaits it hears of it; until then, or when stopped, nobody has to
    return { asked, stop: () => stopper.abort() };
  }

  async function post(body, token, signal) {
    const response = await send(JSON.stringify(body), token, signal);
    const started = clock();
    const text = await response.text().catch((error) => {
      wish = Math.max(SMALLEST_PAGE, Math.floor(wish / 2));
      throw failure("no_signal", 0, error);
    });
    const answer = readJson(text);
    if (!response.ok) throw refusal(response, answer, now());
    if (answer?.protocol !== PROTOCOL) throw refusal(response, null, now());
    const bytes = Number(response.headers.get("Content-Length")) || text.length;
    measure(bytes, clock() - started);
    return { request: body, answer: { ...EMPTY, token, epoch: body.epoch, ...answer }, bytes };
  }

  /** The next wish: what eight seconds carry, at the speed that this answer came with. */
  function measure(bytes, millis) {
    if (bytes < WORTH_MEASURING) return;
    const carried = (bytes * 1000 * PAGE_SECONDS) / Math.max(millis, 1);
    wish = Math.round(Math.min(Math.max(carried, SMALLEST_PAGE), LARGEST_PAGE));
  }

  async function send(body, token, signal) {
    const headers = { Authorization: `Bearer ${token}` };
    const small = body.length < WORTH_COMPRESSING || !compress;
    if (!small) headers["Content-Encoding"] = "gzip";
    try {
      return await fetch("/sync/exchange", {
        method: "POST",
        headers,
        body: small ? encoder.encode(body) : await compress(body), // bytes, of no type that would have to be named
        credentials: "omit",
        redirect: "manual", // the server never sends anybody elsewhere: what does is a network's sign-in page
        signal,
      });
    } catch (error) {
      throw failure("no_signal", 0, error);
    }
  }

  /** Keep why it failed and when to try again: full jitter, doubling, never before Retry-After. */
  async function noteFailure(link, error) {
    const failures = Math.min(link.failures + 1, 12);
    const wait = random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
    if (error.wipe) await store.wipe({ keepWaiting: true });
    const known = codeOf(error);
    const code = error.wipe ? "wiped" : known || "broken";
    if (!known) console.error(error);
    await store.setLink({
      ok: false,
      at: now(),
      code: KEPT_CODES.has(code) ? code : "",
      retry_at: now() + Math.max(wait, error.retryAfter ?? 0),
      failures,
      wish,
    });
    return { ok: false, code };
  }

  return { run, isRunning: () => running !== null };
}

/** What the server said instead of an answer. */
function refusal(response, answer, now) {
  const wipe = Boolean(answer?.error?.wipe || answer?.flags?.wipe);
  const code = answer?.error?.code ?? (isPortal(response) ? "portal" : "no_answer");
  return Object.assign(failure(code, retryAfter(response, now)), { wipe });
}

/** The catalogue's code for a failure; "" for one that nobody foresaw. A DOMException's own code is a number. */
function codeOf({ name, code }) {
  if (name === "QuotaExceededError") return "phone_full";
  return typeof code === "string" ? code : "";
}

/** Another page, or none, where the server would send JSON: a network that wants somebody to sign in to it first. */
const isPortal = ({ ok, status, type, headers }) =>
  type === "opaqueredirect" ||
  status === 511 ||
  (ok && !(headers.get("Content-Type") ?? "").startsWith("application/json"));

function failure(code, after = 0, cause = undefined) {
  return Object.assign(new Error(code, { cause }), { code, retryAfter: after });
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not the server's own answer: said by `protocol` being absent
  }
}

function retryAfter(response, now) {
  const value = response.headers.get("Retry-After");
  if (!value) return 0;
  return /^\d+$/.test(value) ? Number(value) * 1000 : Math.max(0, Date.parse(value) - now || 0);
}
