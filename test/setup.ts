/** Before each file of tests: its worker threads start from the bundles of this run. */

import { join } from 'node:path';
import { setEnvironmentData } from 'node:worker_threads';
import { BUNDLES_KEY } from '../src/base/embedded/worker.ts';
import { runFolder } from './made-once.ts';

setEnvironmentData(BUNDLES_KEY, join(runFolder() ?? '', 'workers'));
