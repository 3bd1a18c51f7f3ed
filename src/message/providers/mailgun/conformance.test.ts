import { systemClock } from '../../../core/clock.ts';
import { httpSuite } from '../http/http.suite.ts';
import { createProvider } from '../index.ts';
import { mailgunAnswers } from './answers.testing.ts';

httpSuite('mailgun', {
  make: (settings) =>
    createProvider(
      'mail',
      { type: 'mailgun', apiKey: 'planted-key', domain: 'example.com', ...settings },
      { clock: systemClock },
    ),
  taken: () => mailgunAnswers.accepted,
  looked: { path: '/v4/domains/example.com', reply: mailgunAnswers.domain },
  refusedKey: mailgunAnswers.forbidden,
  yesWithError: { ...mailgunAnswers.noFrom, status: 200 },
  refusedRecipient: () => mailgunAnswers.badAddress,
  halfYes: 'unknown',
  recipientsOf: ({ body }) => [...body.matchAll(/name="to"\r\n\r\n([^\r]*)\r\n/g)].map(([, address = '']) => address),
  maxRecipients: 1_000,
});
