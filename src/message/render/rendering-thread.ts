/**
 * Templates are rendered in a thread of their own, which can be ended: no bound on a template's steps bounds what each of
 * them costs. A template that takes too much processor time or memory fails, for good; what was in the thread with it is
 * rendered again. Tenants share the thread by the time that they take, so that one with slow templates slows down its own
 * mail; and what has waited for long goes back, so that it holds no room that another's mail could use.
 */

import type { Clock } from '../../core/clock.ts';
import type { Filled, Work } from './fill.ts';
import type { FromRenderer, ToRenderer } from './serve-renderer.ts';
import type { TemplateAnswer, TemplateJob } from './template-job.ts';
import type { TrackedWork, TrackWork } from './track-work.ts';

/** What this needs of a worker thread. */
export interface Renderer {
  postMessage(job: ToRenderer): void;
  on(event: 'message', listener: (answer: FromRenderer) => void): unknown;
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
  /** Processor time of the thread in microseconds, also while it is busy. */
  cpuUsage(): Promise<{ readonly user: number; readonly system: number }>;
  unref(): void;
  terminate(): Promise<unknown>;
}

/** Nothing was rendered; try again at the time `later`. */
export interface NotNow {
  readonly ok: false;
  readonly reason: string;
  readonly later: number;
}

export type Rendering = Filled | NotNow;

export interface RenderingThread {
  render(tenantId: string, work: Work): Promise<Rendering>;
  /** Work on a stored template, in the same turns. */
  run(tenantId: string, job: TemplateJob): Promise<TemplateAnswer | NotNow>;
  track(tenantId: string, work: TrackWork): Promise<TrackedWork | NotNow | (Filled & { ok: false })>;
  /** Tenants whose messages have waited too long: nothing of theirs is taken at the moment. */
  held(): readonly string[];
  /** What the compiled templates that it keeps hold in memory. */
  cachedBytes(): number;
  close(): Promise<void>;
}

/** What came of some work. `later`: it waited for too long, and comes again; its `seconds` are none. */
export interface WorkEnd {
  readonly work: ToRenderer['work'];
  readonly outcome: 'done' | 'failed' | 'later';
  readonly seconds: number;
}

export interface RenderingLimits {
  /** Processor time of one message. A machine that is busy with other things takes longer, and fails nothing. */
  readonly cpuMs: number;
  /** How long a message waits for its turn before it goes back. */
  readonly waitMs: number;
  /** How long it stays away then, and its tenant with it. */
  readonly awayMs: number;
  /** Messages of one tenant that wait. */
  readonly maxWaiting: number;
}

export const defaultRenderingLimits: RenderingLimits = {
  cpuMs: 2_000,
  waitMs: 4_000,
  awayMs: 5_000,
  maxWaiting: 2_000,
};

/** Messages in the thread at once, so that it need not wait for this one between two. */
const IN_THREAD = 8;
/** How often the thread is looked at while it works. */
const LOOK_MS = 200;
const IDLE_MS = 60_000;
/** What a tenant's message is thought to take before it is known. */
const GUESS_MS = 0.5;

interface Job {
  readonly id: number;
  readonly tenant: TenantWork;
  readonly work: ToRenderer['work'];
  readonly since: number;
  /** What the tenant was charged when it went into the thread. */
  charged: number;
  /** It was in the thread when the memory ran out. */
  suspect: boolean;
  readonly resolve: (rendering: FromRenderer['filled'] | NotNow) => void;
  readonly reject: (error: unknown) => void;
}

interface TenantWork {
  readonly id: string;
  readonly waiting: Job[];
  /** Time taken, as in fair queueing: who has taken least is next. */
  taken: number;
  /** What its last message took. */
  lastMs: number;
  heldUntil: number;
}

export function createRenderingThread(
  deps: { readonly start: () => Renderer; readonly clock: Clock; readonly onEnd?: (end: WorkEnd) => void },
  limits: RenderingLimits = defaultRenderingLimits,
): RenderingThread {
  const { clock, onEnd } = deps;
  const tenants = new Map<string, TenantWork>();
  /** What the thread has, in the order in which it takes it. */
  let inThread: Job[] = [];
  let thread: Renderer | undefined;
  let lastId = 0;
  /** What had been taken by the tenant that was served last: nobody begins with less. */
  let served = 0;
  let looked: { readonly id: number; readonly cpuMs: number } | undefined;
  let cancelLook: (() => void) | undefined;
  let cancelEnd: () => void = () => undefined;
  let isClosed = false;
  let cachedBytes = 0;

  return {
    render: (tenantId, work) => put(tenantId, work) as Promise<Rendering>,
    run: (tenantId, job) => put(tenantId, job) as Promise<TemplateAnswer | NotNow>,
    track: (tenantId, work) => put(tenantId, work) as Promise<TrackedWork | NotNow>,
    held: () => [...tenants.values()].filter(({ heldUntil }) => heldUntil > clock.now()).map(({ id }) => id),
    cachedBytes: () => (thread === undefined ? 0 : cachedBytes),
    async close() {
      isClosed = true;
      cancelEnd();
      cancelLook?.();
      const ended = thread;
      thread = undefined;
      const all = [...inThread, ...[...tenants.values()].flatMap(({ waiting }) => waiting.splice(0))];
      inThread = [];
      for (const { resolve } of all) resolve(laterAt(clock.now()));
      await ended?.terminate();
    },
  };

  function put(tenantId: string, work: ToRenderer['work']): Promise<FromRenderer['filled'] | NotNow> {
    const tenant = tenantOf(tenantId);
    if (isClosed || tenant.heldUntil > clock.now() || tenant.waiting.length >= limits.maxWaiting) {
      onEnd?.({ work, outcome: 'later', seconds: 0 });
      return Promise.resolve(laterAt(Math.max(tenant.heldUntil, clock.now() + limits.awayMs)));
    }
    return new Promise((resolve, reject) => {
      lastId += 1;
      const job = { id: lastId, tenant, work, since: clock.monotonic(), charged: 0, suspect: false, resolve, reject };
      if (tenant.waiting.length === 0) tenant.taken = Math.max(tenant.taken, served);
      tenant.waiting.push(job);
      next();
    });
  }

  function tenantOf(id: string): TenantWork {
    const tenant = tenants.get(id) ?? { id, waiting: [], taken: served, lastMs: GUESS_MS, heldUntil: 0 };
    tenants.set(id, tenant);
    return tenant;
  }

  function next(): void {
    while (inThread.length < IN_THREAD) {
      const job = pick();
      if (job === undefined) break;
      job.charged = job.tenant.lastMs;
      job.tenant.taken += job.charged;
      inThread.push(job);
      cancelEnd();
      thread ??= startThread();
      thread.postMessage({ id: job.id, work: job.work });
      cancelLook ??= clock.after(LOOK_MS, () => void look());
    }
  }

  /** A suspect is rendered alone: what happens then is its own doing. */
  function pick(): Job | undefined {
    let first: TenantWork | undefined;
    for (const tenant of tenants.values()) {
      if (tenant.waiting.length > 0 && (first === undefined || tenant.taken < first.taken)) first = tenant;
    }
    const waitsForOthers = first?.waiting[0]?.suspect === true && inThread.length > 0;
    if (first === undefined || waitsForOthers || inThread[0]?.suspect === true) return undefined;
    served = first.taken;
    return first.waiting.shift();
  }

  function startThread(): Renderer {
    const started = deps.start();
    started.unref();
    cachedBytes = 0;
    started.on('message', answered);
    started.on('error', (error) => died(started, error));
    started.on('exit', () => died(started, new Error('the thread that renders has ended')));
    return started;
  }

  function answered({ id, filled, tookMs, cachedBytes: held }: FromRenderer): void {
    const job = inThread[0];
    if (job?.id !== id) return;
    inThread.shift();
    cachedBytes = held;
    settle(job, tookMs);
    onEnd?.({ work: job.work, outcome: filled.ok ? 'done' : 'failed', seconds: tookMs / 1000 });
    job.resolve(filled);
    next();
    rest();
  }

  function settle({ tenant, charged }: Job, tookMs: number): void {
    tenant.taken += tookMs - charged;
    tenant.lastMs = tookMs;
  }

  /** With nothing to do, nobody owes anybody time, and after a while the thread ends. */
  function rest(): void {
    if (inThread.length > 0) return;
    cancelLook?.();
    cancelLook = undefined;
    looked = undefined;
    for (const { id, heldUntil } of tenants.values()) if (heldUntil <= clock.now()) tenants.delete(id);
    cancelEnd();
    cancelEnd = clock.after(IDLE_MS, () => {
      const ended = thread;
      thread = undefined;
      void ended?.terminate();
    });
  }

  /** Sends back what has waited for too long, and ends the thread where one message has taken too much. */
  async function look(): Promise<void> {
    cancelLook = clock.after(LOOK_MS, () => void look());
    sendBack();
    const current = thread;
    const job = inThread[0];
    if (current === undefined || job === undefined) return;
    // A thread that has just ended does not answer; its end is told on its own.
    const usage = await current.cpuUsage().catch(() => undefined);
    if (usage === undefined || inThread[0] !== job || thread !== current) return;
    const cpuMs = (usage.user + usage.system) / 1000;
    if (looked?.id !== job.id) looked = { id: job.id, cpuMs };
    if (cpuMs - looked.cpuMs < limits.cpuMs) return;
    thread = undefined;
    void current.terminate();
    failFirst(`it takes more than ${limits.cpuMs / 1000} s of processor time`);
    next();
    rest();
  }

  function sendBack(): void {
    const before = clock.monotonic() - limits.waitMs;
    const later = clock.now() + limits.awayMs;
    for (const tenant of tenants.values()) {
      const [oldest] = tenant.waiting;
      if (oldest === undefined || oldest.since > before) continue;
      hold(tenant, later);
    }
  }

  function hold(tenant: TenantWork, until: number): void {
    tenant.heldUntil = until;
    for (const { work, resolve } of tenant.waiting.splice(0)) {
      onEnd?.({ work, outcome: 'later', seconds: 0 });
      resolve(laterAt(until));
    }
  }

  function died(ended: Renderer, error: Error & { code?: string }): void {
    if (thread !== ended) return;
    thread = undefined;
    const [first] = inThread;
    if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') {
      inThread.shift()?.reject(error);
      again();
    } else if (first?.suspect === false) {
      first.suspect = true;
      again();
    } else failFirst('it needs more memory than rendering may have');
    next();
    rest();
  }

  function failFirst(reason: string): void {
    const job = inThread.shift();
    again();
    if (job === undefined) return;
    onEnd?.({ work: job.work, outcome: 'failed', seconds: limits.cpuMs / 1000 });
    job.resolve({ ok: false, reason });
    // Where a tenant has one such message it often has many; in between others have as much time as that one took.
    hold(job.tenant, clock.now() + limits.cpuMs);
  }

  /** Those that were in the thread go first in their tenants' turns. */
  function again(): void {
    for (const job of inThread.splice(0).toReversed()) {
      job.tenant.taken -= job.charged;
      job.tenant.waiting.unshift(job);
    }
    looked = undefined;
  }
}

function laterAt(at: number): NotNow {
  return { ok: false, later: at, reason: 'rendering is held up by other messages of this tenant; try again later' };
}
