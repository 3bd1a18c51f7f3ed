/** What strangers post to the callbacks of each vendor costs nobody else: nothing is made of it, and it is hashed in pieces. */

import { createHash } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { topicArn } from '../../../../test/sns.ts';
import type { ProviderSettings } from '../../../core/provider-settings.ts';
import { providerTypes } from '../index.ts';
import { PUBLIC_KEY } from '../sendgrid/events.testing.ts';
import { hashBeforeProof, jsonBeforeProof } from './before-proof.ts';
import { NOW, withTurns } from './callback.testing.ts';

const MIB = 1024 * 1024;
/** The largest body that the door takes. */
const BODY_BYTES = 5 * MIB;

const settings: readonly ProviderSettings[] = [
  { type: 'ses', region: 'eu-central-1', events: { topicArns: [topicArn] } },
  { type: 'sendgrid', apiKey: 'key', webhookPublicKey: PUBLIC_KEY },
  { type: 'mailgun', apiKey: 'key', domain: 'mg.example.com', webhookSigningKey: 'key' },
  { type: 'postmark', serverToken: 'key', webhookUser: 'iep', webhookPassword: 'a secret of callbacks' },
  { type: 'resend', apiKey: 'key', webhookSecret: 'whsec_c2VjcmV0' },
];

it('stands here for each vendor that posts', () => {
  const types = providerTypes.filter(({ inbound }) => inbound !== undefined).map(({ type }) => type);
  expect(settings.map(({ type }) => type)).toEqual(types);
});

const filled = (start: string, piece: string) => start + piece.repeat((BODY_BYTES - start.length) / piece.length);
const wrong: Readonly<Record<string, string>> = {
  authorization: 'Basic aWVwOndyb25n',
  'x-twilio-email-event-webhook-signature': 'MEUCIQ==',
  'svix-id': 'msg_1',
  'svix-timestamp': String(NOW / 1_000),
  'svix-signature': 'v1,d3Jvbmc=',
};

it.each(settings)('$type makes nothing of megabytes that prove nothing, and others get on meanwhile', async (told) => {
  const type = providerTypes.find((one) => one.type === told.type);
  const inbound = type?.inbound?.(type.settings.parse(told));
  if (inbound === undefined) throw new Error('it has all that it needs');
  const parse = vi.spyOn(JSON, 'parse');
  for (const text of [
    filled('{"signature":{},"event-data":[', '[],'),
    filled('{', '"a":{},'),
    filled('[', '['),
    filled('{"Signature":"x","Message":"', '\\"'),
  ]) {
    const body = Buffer.from(text);
    const { result, turns } = await withTurns(() =>
      inbound.read({
        ...{ header: (name) => wrong[name], body, now: NOW },
        json: () => Promise.reject(new Error('it was parsed before it was proved')),
      }),
    );
    expect(result).toMatchObject({ kind: 'refused' });
    expect(parse).not.toHaveBeenCalled();
    // Where it is hashed at all, everybody else has a turn in between.
    expect([0, 19, 20, 21]).toContain(turns);
  }
  parse.mockRestore();
});

it('parses what holds its proof within its bounds, and nothing beyond', () => {
  const bounds = { maxBytes: 20, maxValues: 3 };
  expect(jsonBeforeProof(Buffer.from('{"a":[1,"[,{"]}'), bounds)).toEqual({ a: [1, '[,{'] });
  for (const text of ['{"a":[1,2,3]}', `"${'x'.repeat(20)}"`, '{"a"', '']) {
    expect(jsonBeforeProof(Buffer.from(text), bounds), text).toBeUndefined();
  }
});

it('hashes the same as at once', async () => {
  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1]) {
    const body = Buffer.alloc(size, 'x');
    const hash = await hashBeforeProof(createHash('sha256'), body);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  }
});
