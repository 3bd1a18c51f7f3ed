import { afterAll } from 'vitest';
import { createVendor } from '../../../../test/vendor.ts';
import { systemClock } from '../../../core/clock.ts';
import { httpSuite } from '../http/http.suite.ts';
import { createProvider } from '../index.ts';
import { graphAnswers } from './answers.testing.ts';
import { namedIn } from './message.testing.ts';
import { MAX_BYTES } from './send.ts';

const login = await createVendor({ taken: () => graphAnswers.token('planted-key') });
afterAll(() => login.close());

httpSuite('graph', {
  make: (settings) =>
    createProvider(
      'office',
      {
        ...{
          type: 'graph',
          directoryId: 'd',
          clientId: 'c',
          clientSecret: 'planted~secret',
          mailbox: 'noreply@example.com',
        },
        ...{ loginEndpoint: login.endpoint, ...settings },
      },
      { clock: systemClock },
    ),
  taken: () => graphAnswers.accepted,
  looked: { path: '/v1.0/users/noreply%40example.com', reply: graphAnswers.user },
  refusedKey: graphAnswers.denied,
  yesWithError: { ...graphAnswers.badMime, status: 200 },
  refusedRecipient: () => graphAnswers.badRecipient,
  halfYes: 'delivered',
  recipientsOf: ({ body }) => namedIn(body).all,
  maxRecipients: 500,
  // Room for the recipients that are written into it.
  maxBytes: MAX_BYTES - 1_000,
});
