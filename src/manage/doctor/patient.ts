/** What an examination of an open store is given, and the form it has. */

import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { DataDirectory } from '../../db/datadir/data-files.ts';
import type { FileCare } from '../../db/verbs/file-care.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { KnownProvider } from '../known-providers.ts';
import type { Finding } from './finding.ts';

export interface Patient {
  readonly config: Config;
  readonly data: DataDirectory;
  readonly store: Store;
  readonly care: FileCare;
  readonly clock: Clock;
  readonly tenants: readonly Tenant[];
  readonly providers: readonly KnownProvider[];
  /** Whether a daemon serves this data directory. */
  readonly running: boolean;
}

/** Changes nothing. Yields a finding for each thing that it looked at, those that are well included. */
export type Examination = (patient: Patient) => AsyncIterable<Finding> | Iterable<Finding>;
