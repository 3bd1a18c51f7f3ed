import { systemClock } from '../../../core/clock.ts';
import { httpSuite } from '../http/http.suite.ts';
import { createProvider } from '../index.ts';
import { sendgridAnswers } from './answers.testing.ts';

httpSuite('sendgrid', {
  make: (settings) =>
    createProvider('mail', { type: 'sendgrid', apiKey: 'planted-key', ...settings }, { clock: systemClock }),
  taken: () => sendgridAnswers.accepted,
  looked: { path: '/v3/scopes', reply: sendgridAnswers.scopes },
  refusedKey: sendgridAnswers.unauthorized,
  yesWithError: { ...sendgridAnswers.badSubject, status: 200 },
  refusedRecipient: (index) => sendgridAnswers.badAddress(`personalizations.0.to.${index}.email`),
  halfYes: 'delivered',
  recipientsOf: ({ body }) => {
    const { personalizations } = JSON.parse(body) as {
      personalizations: Partial<Record<'to' | 'cc' | 'bcc', { email: string }[]>>[];
    };
    return personalizations.flatMap(({ to = [], cc = [], bcc = [] }) =>
      [...to, ...cc, ...bcc].map(({ email }) => email),
    );
  },
  maxRecipients: 1_000,
});
