import { systemClock } from '../../../core/clock.ts';
import { httpSuite } from '../http/http.suite.ts';
import { createProvider } from '../index.ts';
import { resendAnswers } from './answers.testing.ts';

httpSuite('resend', {
  make: (settings) =>
    createProvider('mail', { type: 'resend', apiKey: 'planted-key', ...settings }, { clock: systemClock }),
  taken: () => resendAnswers.accepted,
  looked: { path: '/domains', reply: resendAnswers.domains },
  refusedKey: resendAnswers.invalidKey,
  yesWithError: { ...resendAnswers.noSubject, status: 200 },
  refusedRecipient: () => resendAnswers.badAddress,
  // It is asked again with the same key.
  halfYes: 'unknown',
  recipientsOf: ({ body }) => {
    const { to, cc = [], bcc = [] } = JSON.parse(body) as Record<'to' | 'cc' | 'bcc', string[]>;
    return [...to, ...cc, ...bcc];
  },
  maxRecipients: 50,
});
