/** `scripts/bench`: IEP against Postfix, alternating in one run; prints a table of ratios and writes it down. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { backlog } from './bench/backlog.ts';
import { callbackRate } from './bench/callbacks.ts';
import { heldFigures } from './bench/held.ts';
import { httpAccepts } from './bench/http.ts';
import { idleMemory } from './bench/idle.ts';
import { notifyRate } from './bench/notify.ts';
import { heldRows, notifyRows } from './bench/notify-rows.ts';
import { compare, createIepStarter, type Parts, repeat } from './bench/parts.ts';
import { relay } from './bench/relay.ts';
import { document, table } from './bench/report.ts';
import {
  backlogRows,
  callbackRows,
  httpRows,
  idleRows,
  loadShapes,
  met,
  type Row,
  ratio,
  relayRows,
  shellRows,
  storeRows,
  templateRows,
  uiRows,
  vendorRows,
} from './bench/rows.ts';
import { type ShellOptions, shellFigures } from './bench/shell.ts';
import { storeFigures } from './bench/store.ts';
import { templateLoad } from './bench/template-load.ts';
import { templateFigures } from './bench/templates.ts';
import { uiFigures } from './bench/ui.ts';
import { type Own, vendorRate, vendorTypes } from './bench/vendors.ts';
import { debianPackage } from './debian.ts';
import { findExecutable } from './iep.ts';
import { describeDisk, describeMachine } from './machine.ts';
import { createMeter } from './meter.ts';
import { createPostfix } from './postfix.ts';
import { createSinks } from './sink.ts';
import { createSource } from './source.ts';
import { createWorkspace } from './workspace.ts';

const HELP = `Usage: scripts/bench [SCENARIO…] [options]

Measures IEP (dist/iep) against a private Postfix from Debian, in turns, both relaying to smtp-sink, and prints the
ratios with the targets they have to reach. A full run takes about half an hour, writes docs/performance.md, and exits
with 1 when a target is missed. Needs root (Postfix does), apt-get, and about 10 GB below /var/tmp.

  SCENARIO         relay, backlog, http, batch, store, idle, shell, vendors, callbacks, templates, notify, ui; all
                   unless one is named (the last five need no Postfix)
  --only NAME      the same
  --rounds N       medians of this many rounds (5)
  --messages N     messages counted a load and round (5000)
  --warm-up N      messages before them that are not counted (2000)
  --backlog N      messages of the backlog (20000)
  --history N      messages of history in the store, and notifications that it holds (1000000)
  --source         run IEP from the source tree instead of dist/iep
  --json           print the rows as JSON
  --no-write       leave docs/performance.md as it is
  --help`;

const besidePostfix = ['relay', 'backlog', 'http', 'batch', 'store', 'idle', 'shell'] as const;
/** That need no server but ours. */
const alone = ['vendors', 'callbacks', 'templates', 'notify', 'ui'] as const;
const names = [...besidePostfix, ...alone];
type Name = (typeof names)[number];
type Scenarios<K extends Name> = Readonly<Record<K, () => Promise<Row[]>>>;

const { values: options, positionals } = parseArgs({
  allowNegative: true,
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '5000' },
    'warm-up': { type: 'string', default: '2000' },
    backlog: { type: 'string', default: '20000' },
    history: { type: 'string', default: '1000000' },
    source: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: true },
    help: { type: 'boolean', default: false },
  },
});

const BATCH = 100;

async function main(): Promise<void> {
  if (options.help) return console.log(HELP);
  const wanted = [...positionals, ...(options.only ?? [])].map(nameOf);
  const chosen = wanted.length === 0 ? names : wanted;
  const [rounds, messages, warmUp] = [count('rounds'), count('messages'), count('warm-up')];
  const workspace = createWorkspace('bench');
  try {
    const own: Own = { workspace, executable: findExecutable(options.source), say: (text) => console.error(text) };
    const sizes = { rounds, messages, warmUp };
    const isAlone = (name: Name): name is (typeof alone)[number] => alone.some((one) => one === name);
    const postfix = chosen.every(isAlone) ? undefined : await openPostfix(own, sizes);
    const scenarios: Partial<Scenarios<Name>> = { ...aloneScenarios(own, sizes), ...postfix?.scenarios };
    const rows: Row[] = [];
    for (const name of chosen) rows.push(...((await scenarios[name]?.()) ?? []));

    console.log(options.json ? JSON.stringify(rows.map(plain), null, 2) : table(rows));
    if (options.write && chosen.length === names.length && postfix !== undefined) {
      const [command, ...first] = own.executable;
      const { stdout: version } = await workspace.run(command, [...first, '--version']);
      const at = {
        date: new Date().toISOString().slice(0, 10),
        machine: describeMachine(),
        disk: describeDisk(workspace.dir),
        versions: [version.trim(), `Postfix ${postfix.version}`],
        command: ['scripts/bench', ...process.argv.slice(2)].join(' '),
        cpuMethod: createMeter(workspace, 'iep-bench-method').method,
        syslog: existsSync('/dev/log'),
        rounds,
        messages,
        warmUp,
      };
      writeFileSync(join(import.meta.dirname, '../../docs/performance.md'), document(rows, at));
    }
    if (rows.some((row) => met(row) === false)) process.exitCode = 1;
  } finally {
    await workspace.close();
  }
}

/** Postfix, sinks and sources, and the scenarios that want them. */
async function openPostfix({ workspace, executable, say }: Own, sizes: Sizes) {
  const tree = await debianPackage(workspace, 'postfix');
  const postfix = await createPostfix(workspace, tree);
  const parts: Parts = {
    ...{ workspace, say },
    startSink: createSinks(workspace, tree),
    send: createSource(workspace, tree),
    iep: createIepStarter(workspace, executable),
    postfix: postfix.start,
  };
  const shell = { executable, startPostfix: postfix.start };
  return { version: postfix.version, scenarios: createScenarios(parts, sizes, shell) };
}

interface Sizes {
  readonly rounds: number;
  readonly messages: number;
  readonly warmUp: number;
}

function createScenarios(parts: Parts, sizes: Sizes, shell: ShellOptions): Scenarios<(typeof besidePostfix)[number]> {
  const { rounds, messages, warmUp } = sizes;
  const http = async (batch: number) => {
    const name = `http, ${batch} a request`;
    return httpRows(
      batch,
      await repeat(parts, { name, rounds }, () => httpAccepts(parts, { messages, batch, warmUp })),
    );
  };
  return {
    async relay() {
      const rows: Row[] = [];
      for (const shape of loadShapes) {
        const { name, sessions, keep } = shape;
        const load = { sessions, keep, messages };
        const both = await compare(parts, { name, rounds }, (start) => relay(parts, { start, load, warmUp }));
        rows.push(...relayRows(shape, both));
      }
      return rows;
    },
    async backlog() {
      const waiting = count('backlog');
      const both = await compare(parts, { name: 'backlog', rounds }, (start) =>
        backlog(parts, { start, messages: waiting, warmUp }),
      );
      return backlogRows(waiting, both);
    },
    http: () => http(1),
    batch: () => http(BATCH),
    async store() {
      const history = count('history');
      return storeRows(history, await storeFigures(parts.workspace, { history, rounds, say: parts.say }));
    },
    async idle() {
      return idleRows(await compare(parts, { name: 'idle', rounds }, (start) => idleMemory(parts, start)));
    },
    async shell() {
      return shellRows(await repeat(parts, { name: 'shell', rounds }, () => shellFigures(parts, shell)));
    },
  };
}

const AT_ONCE = [20, 100];
/** Events of each message. */
const EVENTS = 10;

function aloneScenarios(own: Own, { rounds, messages, warmUp }: Sizes): Scenarios<(typeof alone)[number]> {
  return {
    async vendors() {
      const rows: Row[] = [];
      for (const type of vendorTypes) {
        for (const atOnce of AT_ONCE) {
          const name = `${type}, ${atOnce} at once`;
          const load = { type, atOnce, messages, warmUp };
          rows.push(...vendorRows(type, atOnce, await repeat(own, { name, rounds }, () => vendorRate(own, load))));
        }
      }
      return rows;
    },
    async ui() {
      const history = count('history');
      return uiRows(history, await uiFigures(own, { history, messages }));
    },
    async callbacks() {
      const load = { messages, events: messages * EVENTS };
      return callbackRows(await repeat(own, { name: 'callbacks', rounds }, () => callbackRate(own, load)));
    },
    async templates() {
      const figures = await repeat(own, { name: 'templates', rounds }, () => templateFigures(messages));
      const load = { messages, warmUp };
      const name = 'templates, end to end';
      return templateRows(figures, await repeat(own, { name, rounds }, () => templateLoad(own, load)));
    },
    async notify() {
      const held = count('history');
      return [
        ...notifyRows(await notifyRate(own, { rounds })),
        ...heldRows(held, await heldFigures(own, { held, rounds })),
      ];
    },
  };
}

function plain(row: Row) {
  return { ...row, ratio: ratio(row), met: met(row) };
}

function nameOf(text: string): Name {
  const name = names.find((one) => one === text);
  if (name === undefined) throw new Error(`there is no scenario "${text}"; there are ${names.join(', ')}`);
  return name;
}

function count(option: 'rounds' | 'messages' | 'warm-up' | 'backlog' | 'history'): number {
  const value = Number(options[option]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} wants a whole number of at least 1`);
  return value;
}

main()
  .catch((error) => {
    console.error(`scripts/bench: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  })
  // A scenario that failed half-way leaves timers behind.
  .finally(() => process.exit());
