/** Keys that were copied with something that no request can carry: they are refused where they are set, and not used. */

import { describe, expect, it } from 'vitest';
import { providerSchema } from './index.ts';

const settings: Readonly<Record<string, object>> = {
  'sendgrid apiKey': { type: 'sendgrid' },
  'mailgun apiKey': { type: 'mailgun', domain: 'mg.example.com' },
  'postmark serverToken': { type: 'postmark' },
  'resend apiKey': { type: 'resend' },
  'graph clientId': { type: 'graph', directoryId: 'd', clientSecret: 's' },
  'graph clientSecret': { type: 'graph', directoryId: 'd', clientId: 'c' },
};

describe.each(Object.keys(settings))('%s', (named) => {
  const [, name = ''] = named.split(' ');
  const parse = (key: string) => providerSchema.safeParse({ ...settings[named], [name]: key });

  it.each(['AKIA\u200b', 'AKIA\n', 'AK\r\nIA', 'AKIA\0', '\ufeffAKIA', 'AKIÄ'])('is refused: %j', (key) => {
    const { error } = parse(key);
    expect(error?.issues.map(({ path }) => path.at(-1))).toEqual([name]);
    expect(error?.issues[0]?.message).toMatch(/^contains a line break, .*invisible character/);
    expect(JSON.stringify(error)).not.toContain('AK');
  });

  it('is taken as the vendor gave it', () => {
    expect(parse('abc8Q~x.y-z_/+=1').success).toBe(true);
  });
});
