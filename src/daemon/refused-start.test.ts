/** A daemon that refuses to start for want of a provider has made nothing. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { heardLog } from '../../test/heard-log.ts';
import { configSchema } from '../cli/configuration.ts';
import { startDaemon } from './daemon.ts';

it('leaves no data directory behind where no provider is configured', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iep-refused-'));
  const dataDir = join(folder, 'data');
  const config = configSchema.parse({ dataDir });
  await expect(startDaemon({ config, dev: false, log: heardLog() })).rejects.toThrow('No provider is configured');
  expect(existsSync(dataDir)).toBe(false);
  rmSync(folder, { recursive: true });
});
