/** The room that the database takes up on the disk, and whether that suits it. */

import { stat, statfs } from 'node:fs/promises';
import type { FileCare } from '../../db/verbs/file-care.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { Patient } from './patient.ts';

const MIB = 1024 * 1024;
/** The log is cut at 64 MiB when it begins anew; more means that a reader or a checkpoint holds it. */
const LARGE_LOG_BYTES = 256 * MIB;

/** `f_type` of statfs(2) for file systems over a network: SQLite's log needs working locks and shared memory. */
const REMOTE: Readonly<Record<number, string>> = {
  26985: 'NFS',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  20859: 'SMB',
  16914839: '9P',
  12805120: 'CephFS',
};
/** Gone with a restart of the machine. */
const IN_MEMORY: Readonly<Record<number, string>> = { 16914836: 'tmpfs', 2240043254: 'ramfs' };

export async function* checkSpace({ care, data }: Pick<Patient, 'data'> & Spacious): AsyncGenerator<Finding> {
  const { type } = await statfs(data.path);
  const remote = REMOTE[type];
  const memory = IN_MEMORY[type];
  if (remote !== undefined) {
    yield warning('file system', `${data.path} is on ${remote}`, 'Move the data directory to a local disk.');
  } else if (memory !== undefined) {
    yield warning('file system', `${data.path} is in memory (${memory})`, 'Move the data directory to a disk.');
  } else yield ok('file system', 'local');

  const { pageBytes, pages, freePages, canShrink } = await care.space();
  const share = Math.round((freePages / Math.max(1, pages)) * 100);
  const detail = `${Math.round((pages * pageBytes) / MIB)} MiB, ${share} % of it free`;
  yield canShrink || freePages * pageBytes < 64 * MIB
    ? ok('space', detail)
    : warning('space', `${detail}, and the file cannot shrink`, 'Stop the daemon, then: iep migrate --compact');

  const log = await stat(`${data.database}-wal`).catch(() => undefined);
  if (log !== undefined && log.size > LARGE_LOG_BYTES) {
    yield warning(
      'write-ahead log',
      `${Math.round(log.size / MIB)} MiB`,
      'A long backup or export may hold it; if not, restart the daemon.',
    );
  }
}

interface Spacious {
  readonly care: Pick<FileCare, 'space'>;
}
