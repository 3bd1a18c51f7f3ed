import { systemClock } from '../../../core/clock.ts';
import { httpSuite } from '../http/http.suite.ts';
import { createProvider } from '../index.ts';
import { sesAnswers } from './answers.testing.ts';

httpSuite('ses', {
  make: (settings) =>
    createProvider(
      'mail',
      { type: 'ses', region: 'eu-central-1', accessKeyId: 'AKTEST', secretAccessKey: 'planted-key', ...settings },
      { clock: systemClock },
    ),
  taken: () => sesAnswers.accepted,
  looked: { path: '/v2/email/account', reply: sesAnswers.account },
  refusedKey: sesAnswers.unknownKey,
  yesWithError: { ...sesAnswers.virus, status: 200 },
  refusedRecipient: () => sesAnswers.badAddress,
  halfYes: 'unknown',
  recipientsOf: ({ body }) => JSON.parse(body).Destination.ToAddresses as readonly string[],
  maxRecipients: 50,
});
