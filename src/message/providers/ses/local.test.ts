/** Amazon SES as others play it: what they understand of a request, and how they refuse one. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startSes, type TestSes } from '../../../../test/ses.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Provider } from '../provider.ts';

const never = createStopping();
let server: TestSes;
let provider: Provider;
beforeEach(async () => {
  server = await startSes();
  const told = {
    type: 'ses',
    region: 'eu-central-1',
    accessKeyId: 'AK',
    secretAccessKey: 'the-secret',
    configurationSet: 'iep',
  };
  provider = createProvider('mail', { ...told, endpoint: server.endpoint }, { clock: systemClock });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await provider.close();
  await server.close();
});

it('has the message and gives it an id', async () => {
  const message = 'From: a@example.com\r\nTo: x@example.com\r\nSubject: hello\r\n\r\nthe text\r\n';
  const { outcomes, ids } = await provider.send(
    parcelFor(['x@example.com'], { mime: async () => Buffer.from(message) }),
    never,
  );
  expect(outcomes.get(1)?.kind).toBe('delivered');
  expect(await server.messages()).toMatchObject([
    {
      ...{ messageId: ids?.get(1), from: 'a@example.com', subject: 'hello' },
      ...{ destination: { to: ['x@example.com'] }, body: { text: 'the text\n' } },
    },
  ]);
});

it('refuses a message without a sender as one that is at fault', async () => {
  const { outcomes } = await provider.send(
    parcelFor(['x@example.com'], { mime: async () => Buffer.from('Subject: hello\r\n\r\nthe text\r\n') }),
    never,
  );
  expect(outcomes.get(1)).toMatchObject({ kind: 'rejected', bounce: 'content', reply: { code: 400 } });
});

it('tells of the account', async () => {
  const account = {
    ...{ DedicatedIpAutoWarmupEnabled: true, EnforcementStatus: 'HEALTHY', SendingEnabled: true },
    Details: {
      ...{ AdditionalContactEmailAddresses: [], ContactLanguage: 'EN', MailType: 'TRANSACTIONAL' },
      ...{ ReviewDetails: { CaseId: '1', Status: 'GRANTED' }, UseCaseDescription: 'mail', WebsiteURL: 'example.com' },
    },
    ...{ SendQuota: { Max24HourSend: 200, MaxSendRate: 1, SentLast24Hours: 0 }, ProductionAccessEnabled: false },
    SuppressionAttributes: { SuppressedReasons: ['BOUNCE'] },
  };
  vi.stubEnv('AWS_SES_ACCOUNT', JSON.stringify(account));
  expect(await provider.check()).toMatchObject({ ok: true, detail: expect.stringContaining('sandbox') });
});
