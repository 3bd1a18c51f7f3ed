import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { createReserve } from './reserve.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iep-reserve-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const size = () => statSync(join(folder, 'reserve'), { throwIfNoEntry: false })?.size;
const BYTES = 4 * 1024 * 1024;

it('gives its room up when it is needed, and keeps it again once there is some', async () => {
  const clock = createManualClock();
  const heard: string[] = [];
  const tell = { onKept: () => heard.push('kept'), onMissing: () => heard.push('missing') };
  const reserve = createReserve({ clock, ...tell }, folder);
  const { blocks } = statSync(join(folder, 'reserve'));
  expect([size(), blocks * 512 >= BYTES, reserve.missing(), heard]).toEqual([BYTES, true, undefined, []]);
  reserve.require();

  const spent = reserve.spend();
  reserve.spend();
  expect([size(), heard]).toEqual([undefined, ['missing']]);
  expect(reserve.require).toThrow(/The disk is full/);
  await clock.advance(1_000);
  await spent;
  expect([size(), reserve.missing(), heard, clock.timers]).toEqual([BYTES, undefined, ['missing', 'kept'], 0]);
});

it('that a killed daemon left half made is made whole', () => {
  const make = () =>
    createReserve({ clock: createManualClock(), onKept: () => undefined, onMissing: () => undefined }, folder);
  make();
  truncateSync(join(folder, 'reserve'), 1_000);
  make();
  expect(size()).toBe(BYTES);
});
