// One exchange after another until there is nothing to say and nothing to hear. An answer counts only if it
// speaks the protocol: a captive portal's "200 OK" in HTML acknowledges nothing.

const PROTOCOL = 1;
const WORTH_COMPRESSING = 1024;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 5 * 60_000;
const NEWS_PAGE = 64 * 1024;
const FIRST_PAGE = 256 * 1024;
const MOST_ROUNDS = 2_000;

/** An exchanger over a store; run() is single-flight and never throws. */
export function makeExchanger({ store, fetch, now, random, build, notify, compress }) {
  let running = null;

  /** Exchange until done: {ok, code}. Reasons of the clock's ("minute") wait out a back-off. */
  function run({ reason = "" } = {}) {
    running ??= attempt(reason).finally(() => {
      running = null;
    });
    return running;
  }

  async function attempt(reason) {
    const link = await store.link();
    if (reason === "minute" && now() < link.retry_at) return { ok: false, code: "waiting" };
    try {
      const outcome = await exchangeAll();
      await store.setLink({ ok: true, at: now(), code: "", retry_at: 0, failures: 0 });
      return outcome;
    } catch (error) {
      return await noteFailure(link, error);
    }
  }

  async function exchangeAll() {
    const told = { rows: 0, bytes: 0 };
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const changes = await store.pending();
      const { answer, bytes } = await post(changes);
      told.rows += await store.settle(answer);
      told.bytes += bytes;
      notify({ ...told, left: answer.remaining.rows, ready: !answer.more });
      const answered = new Set(answer.statuses.map((status) => status.id));
      if (changes.some((change) => !answered.has(change.id))) throw failure("not_answered");
      if (!answer.more && !(await store.pending({ limit: 1 })).length) break;
    }
    return { ok: true, code: "" };
  }

  async function post(changes) {
    const identity = await store.identity();
    if (!identity?.token) throw failure("sign_in_again");
    const request = {
      protocol: PROTOCOL,
      build,
      epoch: identity.epoch ?? null,
      cursors: await store.cursors(),
      bytes: identity.ready ? NEWS_PAGE : FIRST_PAGE,
      changes,
    };
    const response = await send(JSON.stringify(request), identity.token);
    const text = await response.text();
    const answer = readJson(text);
    if (!response.ok) throw failure(answer?.error?.code ?? "no_answer", retryAfter(response, now()));
    if (answer?.protocol !== PROTOCOL) throw failure("no_answer");
    return { answer, bytes: Number(response.headers.get("Content-Length")) || text.length };
  }

  async function send(body, token) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const small = body.length < WORTH_COMPRESSING || !compress;
    if (!small) headers["Content-Encoding"] = "gzip";
    try {
      return await fetch("/sync/exchange", {
        method: "POST",
        headers,
        body: small ? body : await compress(body),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
      });
    } catch (error) {
      throw failure("no_signal", 0, error);
    }
  }

  /** Keep why it failed and when to try again: full jitter, doubling, never before Retry-After. */
  async function noteFailure(link, error) {
    const failures = Math.min(link.failures + 1, 12);
    const wait = random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
    const code = error.code ?? "broken";
    if (!error.code) console.error(error);
    const kept = code === "sign_in_again" || code === "device_revoked" ? code : "";
    await store.setLink({
      ok: false,
      at: now(),
      code: kept,
      retry_at: now() + Math.max(wait, error.retryAfter ?? 0),
      failures,
    });
    return { ok: false, code };
  }

  return { run, isRunning: () => running !== null };
}

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
