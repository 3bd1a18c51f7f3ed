/** Who waits until the daemon is ready looks next for what it tells then: the key of its first run. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/cli/configuration.ts';
import { startDaemon } from '../../src/daemon/daemon.ts';
import { heardLog } from '../heard-log.ts';

it('is ready only once it has told where it listens and which key it made', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'iep-ready-'));
  const env = { IEP_DATADIR: join(cwd, 'data'), IEP_HTTP_PORT: '0', IEP_SMTP_PORT: '0' };
  const told: { key?: string | undefined; readyThen?: number } = {};
  const ready = async ({ port }: { readonly port: number }) => (await fetch(`http://127.0.0.1:${port}/ready`)).status;
  const daemon = await startDaemon({
    config: loadConfig({ env, dev: true, cwd }).config,
    dev: true,
    log: heardLog(),
    async tell({ http, firstRun }) {
      told.key = firstRun?.key;
      told.readyThen = await ready(http);
    },
  });
  try {
    expect(told).toEqual({ key: expect.stringMatching(/^iep_/), readyThen: 503 });
    expect(await ready(daemon.http)).toBe(200);
  } finally {
    await daemon.stop('the test is over');
    await rm(cwd, { recursive: true });
  }
});
