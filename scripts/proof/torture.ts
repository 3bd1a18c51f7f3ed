/** `scripts/torture`: faults on purpose, and whether an acknowledged message was lost. */

import { parseArgs } from 'node:util';
import { findExecutable } from './iep.ts';
import { clock } from './torture/clock.ts';
import { crash } from './torture/crash.ts';
import { crowd } from './torture/crowd.ts';
import { feedback } from './torture/feedback.ts';
import { fsync } from './torture/fsync.ts';
import { full } from './torture/full.ts';
import { neighbour } from './torture/neighbour.ts';
import { notify } from './torture/notify.ts';
import { platform } from './torture/platform.ts';
import { createRandom } from './torture/random.ts';
import { stop } from './torture/stop.ts';
import { stuck } from './torture/stuck.ts';
import type { Form, TrialResult } from './torture/trial.ts';
import { createWorkspace } from './workspace.ts';

const HELP = `Usage: scripts/torture FORM [options]

Loads a daemon over SMTP and HTTP, does it harm, and compares what was acknowledged with what reached the sink.
Exits with 0 when nothing is lost or stuck, with 1 when something is, with 2 when the trial itself failed.

  crash   SIGKILL at random moments, again and again
  full    the file system fills up and is freed again (root: mounts a small tmpfs)
  fsync   under strace: no yes leaves before the sync of its own commit
  stop    SIGTERM, once and twice, under a backlog at relays that are slow to answer
  crowd   relays that say 421 to more than 1, 4 and 8 connections
  stuck   one tenant's sink takes connections and never answers
  clock   the wall clock jumps both ways (libfaketime, downloaded from Debian)
  platform  crash, with failover, a rate limit and webhooks; every message that was sent must also be told of
  feedback  crash, while a vendor tells by callbacks what became of mail, some of it again: each event counts once
  notify    crash, while notifications go, gather, wait for windows and quiet hours, and escalate; about three minutes
  neighbour  a tenant, then an address without a key, does its worst by many means beside another's mail
  all     one after the other

  --rounds N   rounds of crash (30) and full (5)
  --seed N     the same choices again (its timing is only nearly the same)
  --means a,b  only these of neighbour
  --short      a few seconds each
  --source     run the source tree instead of dist/iep
  --script F   run this script by Node instead
  --json       print the verdicts as JSON
  --help`;

const forms: Readonly<Record<string, Form>> = {
  crash,
  full,
  fsync,
  stop,
  crowd,
  stuck,
  clock,
  platform,
  feedback,
  notify,
  neighbour,
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    means: { type: 'string' },
    short: { type: 'boolean', default: false },
    source: { type: 'boolean', default: false },
    script: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  if (options.help) return console.log(HELP);
  const [name] = positionals;
  if (name === undefined || positionals.length !== 1) throw new Error('name one form; --help lists them');
  const chosen = name === 'all' ? Object.keys(forms) : [name];
  const seed = whole('seed') ?? Date.now() % 1_000_000;
  const verdicts: TrialResult[] = [];
  for (const one of chosen) verdicts.push(await run(one, seed));
  if (options.json) console.log(JSON.stringify(verdicts, null, 2));
  if (verdicts.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

/** Each form in a workspace of its own, so that none sees what another left. */
async function run(name: string, seed: number): Promise<TrialResult> {
  const form = forms[name];
  if (form === undefined)
    throw new Error(`there is no form "${name}"; there are ${Object.keys(forms).join(', ')}, all`);
  const rounds = whole('rounds');
  const workspace = createWorkspace(`torture-${name}`);
  try {
    const verdict = await form({
      workspace,
      executable: options.script === undefined ? findExecutable(options.source) : [process.execPath, options.script],
      random: createRandom(seed),
      short: options.short,
      say: (text) => console.error(text),
      ...(rounds !== undefined && { rounds }),
      ...(options.means !== undefined && { means: options.means.split(',') }),
    });
    if (!options.json) print(verdict, seed);
    return verdict;
  } finally {
    await workspace.close();
  }
}

function print({ form, figures, failures, ...counts }: TrialResult, seed: number): void {
  const numbers = Object.entries({ ...counts, ...figures }).map(([name, value]) => `${name} ${value}`);
  console.log(`${form} (seed ${seed}): ${failures.length === 0 ? 'passed' : 'FAILED'}; ${numbers.join(', ')}`);
  for (const failure of failures) console.log(`  ${failure.replaceAll('\n', '\n    ')}`);
}

function whole(option: 'rounds' | 'seed'): number | undefined {
  const text = options[option];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} wants a whole number of at least 1`);
  return value;
}

main()
  .catch((error) => {
    console.error(`scripts/torture: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  })
  // A trial that failed half-way leaves clients and a sink behind, and nobody to wait for.
  .finally(() => process.exit());
