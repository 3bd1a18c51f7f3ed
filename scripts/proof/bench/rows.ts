/** The figures as rows of one table, each against what it is compared with and the target it has to reach. */

import type { Load } from '../source.ts';
import type { BacklogFigures } from './backlog.ts';
import { BATCH, type CallbackFigures } from './callbacks.ts';
import type { HttpFigures } from './http.ts';
import type { IdleFigures } from './idle.ts';
import type { Both } from './parts.ts';
import type { RelayFigures } from './relay.ts';
import type { ShellFigures } from './shell.ts';
import type { StoreFigures } from './store.ts';
import type { TemplateLoadFigures } from './template-load.ts';
import { TEMPLATE_KB, type TemplateFigures } from './templates.ts';
import type { UiFigures } from './ui.ts';
import { ANSWER_MS, type VendorFigures, type VendorType } from './vendors.ts';

export interface Row {
  readonly scenario: string;
  readonly measure: string;
  readonly iep: number;
  readonly unit: 'messages/s' | 'events/s' | 'deliveries/s' | 'CPU s' | 'CPU ms' | 'MB' | 'kB' | 'ms';
  readonly against?: { readonly name: string; readonly value: number };
  readonly target?: BenchTarget;
}

/** `ratio`: to what it is compared with; `value`: the figure itself. */
export interface BenchTarget {
  readonly of: 'ratio' | 'value';
  readonly least?: number;
  readonly most?: number;
}

export interface LoadShape extends Omit<Load, 'messages'> {
  readonly name: string;
  /** Of the end-to-end rate, as a multiple of Postfix's. */
  readonly target?: number;
}

export const loadShapes: readonly LoadShape[] = [
  { name: '1 session, a connection per message', sessions: 1, keep: false },
  { name: '20 sessions, a connection per message', sessions: 20, keep: false, target: 2 },
  { name: '100 sessions, a connection per message', sessions: 100, keep: false, target: 1.5 },
  { name: '20 sessions, kept', sessions: 20, keep: true, target: 4 },
];

/** A third of Postfix's CPU time, rounded so that the table reads well. */
const CPU_SHARE = 0.333;
const LOAD_MB = 250;
const IDLE_MB = 100;
const HTTP_SINGLE = 3_000;
const HTTP_BATCH = 10_000;
const CALLBACK_EVENTS = 5_000;
const ACCEPT_P99_MS = 20;
const TEMPLATES_PER_SECOND = 3_000;
const OF_OWN_CONTENT = 0.75;
const COMPILE_MS = 20;
const MJML_COMPILE_MS = 300;
const SHELL_STORE_MS = 60;
const SHELL_SOCKET_MS = 50;
/** "Unchanged" allows for a fifth: as much as two runs of the same thing differ. */
const UNCHANGED = 0.8;

const mb = (bytes: number) => bytes / 1e6;

export function relayRows(shape: LoadShape, { iep, postfix }: Both<RelayFigures>): Row[] {
  const row = (
    measure: string,
    unit: Row['unit'],
    pick: (figures: RelayFigures) => number,
    target?: BenchTarget,
  ): Row => ({
    scenario: `relay, ${shape.name}`,
    measure,
    unit,
    iep: pick(iep),
    against: { name: 'Postfix', value: pick(postfix) },
    ...(target && { target }),
  });
  const least: BenchTarget | undefined = shape.target === undefined ? undefined : { of: 'ratio', least: shape.target };
  return [
    row('accepted', 'messages/s', (one) => one.acceptedPerSecond),
    row('end to end', 'messages/s', (one) => one.endToEndPerSecond, least),
    row('CPU per 1,000', 'CPU s', (one) => one.cpuSecondsPer1000, { of: 'ratio', most: CPU_SHARE }),
    row('peak memory', 'MB', (one) => mb(one.peakMemoryBytes), { of: 'value', most: LOAD_MB }),
  ];
}

export function backlogRows(messages: number, { iep, postfix }: Both<BacklogFigures>): Row[] {
  const scenario = `backlog of ${messages.toLocaleString('en')}, sink down`;
  const own = (name: string, figures: BacklogFigures): Row => ({
    scenario,
    measure: `accepted on top of it, ${name}`,
    unit: 'messages/s',
    iep: figures.acceptedPerSecondLast,
    against: { name: `${name} on an empty queue`, value: figures.acceptedPerSecondFirst },
    ...(name === 'IEP' && { target: { of: 'ratio', least: UNCHANGED } }),
  });
  return [
    own('IEP', iep),
    own('Postfix', postfix),
    {
      scenario,
      measure: 'drained when it is back',
      unit: 'messages/s',
      iep: iep.drainedPerSecond,
      against: { name: 'Postfix', value: postfix.drainedPerSecond },
    },
  ];
}

export function httpRows(batch: number, figures: HttpFigures): Row[] {
  const scenario = batch === 1 ? 'HTTP, one by one' : `HTTP, batches of ${batch}`;
  const least = batch === 1 ? HTTP_SINGLE : HTTP_BATCH;
  return [
    {
      scenario,
      measure: 'accepted, queue paused',
      unit: 'messages/s',
      iep: figures.acceptedPerSecond,
      target: { of: 'value', least },
    },
    {
      scenario,
      measure: 'accepted while delivering',
      unit: 'messages/s',
      iep: figures.acceptedWhileDeliveringPerSecond,
    },
    { scenario, measure: 'end to end', unit: 'messages/s', iep: figures.endToEndPerSecond },
    { scenario, measure: 'CPU per 1,000', unit: 'CPU s', iep: figures.cpuSecondsPer1000 },
    {
      scenario,
      measure: 'peak memory',
      unit: 'MB',
      iep: mb(figures.peakMemoryBytes),
      target: { of: 'value', most: LOAD_MB },
    },
  ];
}

export function storeRows(history: number, { empty, full }: { empty: StoreFigures; full: StoreFigures }): Row[] {
  const row = (measure: string, pick: (figures: StoreFigures) => number): Row => ({
    scenario: `store, ${history.toLocaleString('en')} messages of history`,
    measure,
    unit: 'messages/s',
    iep: pick(full),
    against: { name: 'no history', value: pick(empty) },
    target: { of: 'ratio', least: UNCHANGED },
  });
  return [row('inserted', (one) => one.insertedPerSecond), row('claimed', (one) => one.claimedPerSecond)];
}

export function idleRows({ iep, postfix }: Both<IdleFigures>): Row[] {
  return [
    {
      scenario: 'idle',
      measure: 'memory',
      unit: 'MB',
      iep: mb(iep.bytes),
      against: { name: 'Postfix', value: mb(postfix.bytes) },
      target: { of: 'value', most: IDLE_MB },
    },
  ];
}

export function shellRows(figures: ShellFigures): Row[] {
  const row = (way: 'store' | 'socket', measure: string, against: 'sendmail' | 'msmtp', most?: number): Row => {
    const suffix = measure === 'CPU' ? 'CpuMs' : 'Ms';
    return {
      scenario: way === 'store' ? 'shell, no daemon' : 'shell, over the socket',
      measure,
      unit: 'ms',
      iep: figures[`${way}${suffix}`],
      against: { name: against === 'msmtp' ? against : "Postfix's sendmail", value: figures[`${against}${suffix}`] },
      ...(most !== undefined && { target: { of: 'value', most } }),
    };
  };
  return [
    row('store', 'a message', 'sendmail', SHELL_STORE_MS),
    row('store', 'CPU', 'sendmail'),
    row('socket', 'a message', 'sendmail', SHELL_SOCKET_MS),
    row('socket', 'a message', 'msmtp'),
    row('socket', 'CPU', 'msmtp'),
  ];
}

export function vendorRows(type: VendorType, atOnce: number, figures: VendorFigures): Row[] {
  const scenario = `${type}, answers after ${ANSWER_MS} ms, ${atOnce} at once`;
  return [
    {
      scenario,
      measure: 'sent',
      unit: 'messages/s',
      iep: figures.perSecond,
      // What the vendor itself allows for.
      against: { name: 'possible', value: (1_000 / ANSWER_MS) * atOnce },
    },
    { scenario, measure: 'CPU a message', unit: 'CPU ms', iep: figures.cpuMsEach },
  ];
}

export function callbackRows(figures: CallbackFigures): Row[] {
  const scenario = `callbacks, ${BATCH} events each`;
  return [
    {
      scenario,
      measure: 'taken',
      unit: 'events/s',
      iep: figures.eventsPerSecond,
      target: { of: 'value', least: CALLBACK_EVENTS },
    },
    {
      scenario,
      measure: 'a message accepted meanwhile, 99th percentile',
      unit: 'ms',
      iep: figures.acceptP99Ms,
      target: { of: 'value', most: ACCEPT_P99_MS },
    },
    { scenario, measure: 'CPU an event', unit: 'CPU ms', iep: figures.cpuMsEach },
  ];
}

const FIRST_VIEW_KB = 150;
const PAGE_KB = 250;
const INTERACTIVE_MS = 1_000;
const ANSWER_AT_MOST_MS = 300;
const DASHBOARDS_COST = 0.95;

export function uiRows(history: number, figures: UiFigures): Row[] {
  const scenario = 'dashboard';
  const value = (measure: string, unit: Row['unit'], iep: number, most: number): Row => ({
    ...{ scenario, measure, unit, iep, target: { of: 'value', most } },
  });
  const answered = (measure: string, isMeant: (path: string) => boolean): Row => {
    const [path, ms] = [...figures.answersMs]
      .filter(([one]) => isMeant(one))
      .toSorted(([, one], [, other]) => other - one)[0] ?? ['', Number.NaN];
    return {
      ...value(measure === '' ? path : `${measure}: ${path}`, 'ms', ms, ANSWER_AT_MOST_MS),
      scenario: `dashboard's calls, ${history.toLocaleString('en')} messages of history`,
    };
  };
  const { interactiveMs, deliveredPerSecond, deliveredBesideDashboardsPerSecond } = figures;
  return [
    value('first view, gzip', 'kB', figures.firstViewKb, FIRST_VIEW_KB),
    value('largest page with all that it loads, gzip', 'kB', figures.largestPageKb, PAGE_KB),
    ...(interactiveMs === undefined
      ? []
      : [value('overview shown by a fresh daemon', 'ms', interactiveMs, INTERACTIVE_MS)]),
    answered('', (path) => path === '/v1/messages'),
    answered('slowest filter', (path) => path.startsWith('/v1/messages?')),
    answered('slowest count', (path) => !path.startsWith('/v1/messages')),
    {
      ...{
        scenario,
        measure: 'delivered beside ten dashboards',
        unit: 'messages/s',
        iep: deliveredBesideDashboardsPerSecond,
      },
      against: { name: 'without', value: deliveredPerSecond },
      target: { of: 'ratio', least: DASHBOARDS_COST },
    },
  ];
}

export function templateRows(figures: TemplateFigures, load: TemplateLoadFigures): Row[] {
  const scenario = `templates, ${TEMPLATE_KB} kB with 10 variables, one core`;
  const rendered = { scenario, unit: 'messages/s', target: { of: 'value', least: TEMPLATES_PER_SECOND } } as const;
  const compiled = { scenario, unit: 'CPU ms' } as const;
  const most = (ms: number) => ({ of: 'value', most: ms }) as const;
  return [
    { ...rendered, measure: 'rendered, Handlebars', iep: figures.handlebarsPerSecond },
    { ...rendered, measure: 'rendered, Go', iep: figures.goPerSecond },
    {
      ...compiled,
      measure: 'first use of a version, Handlebars',
      iep: figures.handlebarsCompileMs,
      target: most(COMPILE_MS),
    },
    { ...compiled, measure: 'first use of a version, Go', iep: figures.goCompileMs, target: most(COMPILE_MS) },
    { ...compiled, measure: 'first use of a version, MJML', iep: figures.mjmlCompileMs, target: most(MJML_COMPILE_MS) },
    {
      ...{ scenario: `templates, ${TEMPLATE_KB} kB over HTTP`, measure: 'end to end', unit: 'messages/s' },
      ...{ iep: load.madePerSecond, against: { name: 'the same without a template', value: load.ownPerSecond } },
      target: { of: 'ratio', least: OF_OWN_CONTENT },
    },
  ];
}

export function ratio({ iep, against }: Row): number | undefined {
  return against && iep / against.value;
}

/** Undefined where there is no target. */
export function met(row: Row): boolean | undefined {
  if (row.target === undefined) return undefined;
  const { of, least = 0, most = Number.POSITIVE_INFINITY } = row.target;
  const figure = of === 'value' ? row.iep : (ratio(row) ?? Number.NaN);
  return figure >= least && figure <= most;
}
