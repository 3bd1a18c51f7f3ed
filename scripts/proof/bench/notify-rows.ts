/** The figures of notifications as rows of the table. */

import { FEW, type HeldFigures } from './held.ts';
import { NOTIFIED, type NotifyFigures, TOGETHER } from './notify.ts';
import type { Row } from './rows.ts';

const DECIDED = 2_000;
/** A quarter more is as much as two runs of the same thing differ. */
const FLAT = 1.25;

export function notifyRows(figures: NotifyFigures): Row[] {
  const scenario = `notifications to ${NOTIFIED.toLocaleString('en')} subscribers with preferences and digests`;
  const decided = { scenario, unit: 'deliveries/s' } as const;
  return [
    { ...decided, measure: 'decided, one a request', iep: figures.oneByOnePerSecond },
    {
      ...{ ...decided, measure: `decided, ${TOGETHER} a request`, iep: figures.togetherPerSecond },
      target: { of: 'value', least: DECIDED },
    },
  ];
}

export function heldRows(held: number, { few, many }: { few: HeldFigures; many: HeldFigures }): Row[] {
  const row = (measure: string, unit: Row['unit'], pick: (figures: HeldFigures) => number): Row => ({
    ...{ scenario: `store, ${held.toLocaleString('en')} notifications held`, measure, unit, iep: pick(many) },
    against: { name: `${FEW.toLocaleString('en')} held`, value: pick(few) },
  });
  return [
    {
      ...row('CPU per 1,000 claimed', 'CPU ms', (one) => one.cpuMsEach * 1_000),
      target: { of: 'ratio', most: FLAT },
    },
    row('claimed', 'deliveries/s', (one) => one.claimedPerSecond),
  ];
}
