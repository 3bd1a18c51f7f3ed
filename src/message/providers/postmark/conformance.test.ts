import { systemClock } from '../../../core/clock.ts';
import { httpSuite } from '../http/http.suite.ts';
import { createProvider } from '../index.ts';
import { postmarkAnswers } from './answers.testing.ts';

httpSuite('postmark', {
  make: (settings) =>
    createProvider('mail', { type: 'postmark', serverToken: 'planted-key', ...settings }, { clock: systemClock }),
  taken: () => postmarkAnswers.accepted,
  looked: { path: '/server', reply: postmarkAnswers.server },
  refusedKey: postmarkAnswers.unauthorized,
  yesWithError: { ...postmarkAnswers.noBody, status: 200 },
  refusedRecipient: () => postmarkAnswers.badAddress,
  halfYes: 'unknown',
  recipientsOf: ({ body }) => {
    const { To, Cc = '', Bcc = '' } = JSON.parse(body) as Record<'To' | 'Cc' | 'Bcc', string>;
    return [To, Cc, Bcc].flatMap((list) => list.split(', ')).filter((address) => address !== '');
  },
  maxRecipients: 50,
});
