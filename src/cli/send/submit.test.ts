import { expect, it } from 'vitest';
import { IepError } from '../../core/errors.ts';
import type { Client } from '../client/client.ts';
import { submitParts } from './submit.ts';

const refusals = {
  required: new IepError('invalid_request', 'from is required', { errors: [{ path: 'from', message: 'is required' }] }),
  foreign: new IepError('sender_domain_not_allowed', 'host.example cannot be used'),
};

/** A daemon whose tenant has no default sender and no sender domain. */
const daemon = {
  local: undefined,
  json: async (_method: string, _path: string, { json }: { json: object }) => {
    throw 'from' in json ? refusals.foreign : refusals.required;
  },
} as unknown as Client;

it('says of a sender that nobody named what to do about it, in words of the shell', async () => {
  const guessed = submitParts(daemon, { json: { to: 'a@example.com' }, from: 'jo@host.example' });
  await expect(guessed).rejects.toMatchObject({
    code: 'sender_domain_not_allowed',
    message: 'no sender was named, and jo@host.example cannot be it: host.example cannot be used',
    extra: { hint: expect.stringContaining('--from ADDRESS') },
  });
  const named = submitParts(daemon, {
    json: { from: 'me@host.example', to: 'a@example.com' },
    from: 'jo@host.example',
  });
  await expect(named).rejects.toBe(refusals.foreign);
});
