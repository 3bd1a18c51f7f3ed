/** What every scenario works with: a source, sinks, and the two servers that take turns between them. */

import { createIepHome, type Executable, type IepHome } from '../iep.ts';
import { createMeter } from '../meter.ts';
import type { Mta, StartMta } from '../mta.ts';
import type { createSinks } from '../sink.ts';
import type { Send } from '../source.ts';
import type { Workspace } from '../workspace.ts';

export interface Parts {
  readonly workspace: Workspace;
  readonly startSink: ReturnType<typeof createSinks>;
  readonly send: Send;
  readonly iep: (sinkPort: number) => Promise<IepMta>;
  readonly postfix: StartMta;
  readonly say: (text: string) => void;
}

export interface IepMta extends Mta {
  readonly home: IepHome;
}

export const TENANT = 'bench';

/** IEP with its default settings, an empty store, and the sink as its only provider. */
export function createIepStarter(workspace: Workspace, executable: Executable): Parts['iep'] {
  const meter = createMeter(workspace, 'iep-bench-iep');
  return async (sinkPort) => {
    const home = await createIepHome(workspace, executable, {
      sinks: { sink: sinkPort },
      tenants: { [TENANT]: 'sink' },
    });
    const daemon = await home.serve({ wrap: meter.wrap });
    return {
      name: 'iep',
      home,
      smtpPort: home.smtpPort,
      meter,
      process: daemon,
      async flush() {
        await home.cli('queue', 'flush');
      },
      async stop() {
        await daemon.stop();
        home.remove();
      },
    };
  };
}

/** Figures of one scenario by name. */
export type Figures<T> = { readonly [K in keyof T]: number };

/** A pair of figures of the same scenario. */
export interface Both<T> {
  readonly iep: T;
  readonly postfix: T;
}

/** Medians of rounds in which the servers take turns, both orders equally often: what drifts favours neither. */
export async function compare<T extends Figures<T>>(
  parts: Parts,
  { name, rounds }: { name: string; rounds: number },
  scenario: (start: StartMta) => Promise<T>,
): Promise<Both<T>> {
  const figures = { iep: [] as T[], postfix: [] as T[] };
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? (['postfix', 'iep'] as const) : (['iep', 'postfix'] as const);
    for (const server of order) {
      figures[server].push(await scenario(parts[server]));
      parts.say(`${name}, round ${round + 1} of ${rounds}, ${server}: ${brief(figures[server].at(-1))}`);
    }
  }
  return { iep: medianOf(figures.iep), postfix: medianOf(figures.postfix) };
}

export async function repeat<T extends Figures<T>>(
  parts: Pick<Parts, 'say'>,
  { name, rounds }: { name: string; rounds: number },
  scenario: () => Promise<T>,
): Promise<T> {
  const figures: T[] = [];
  for (let round = 0; round < rounds; round += 1) {
    figures.push(await scenario());
    parts.say(`${name}, round ${round + 1} of ${rounds}: ${brief(figures.at(-1))}`);
  }
  return medianOf(figures);
}

/** Each figure's own median. */
export function medianOf<T extends Figures<T>>(rounds: readonly T[]): T {
  const [first] = rounds;
  if (first === undefined) throw new Error('a median of nothing');
  const names = Object.keys(first) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((one) => one[name]))])) as T;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

function brief(figures: object | undefined): string {
  const rounded = Object.entries(figures ?? {}).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  return rounded.join(', ');
}
