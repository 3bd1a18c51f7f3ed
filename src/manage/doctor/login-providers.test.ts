/** What the doctor says of login providers: one that answers, one that is another, and one that is away. */

import { expect, it } from 'vitest';
import { startForgedIssuer } from '../../../test/forged-issuer.ts';
import { checkLoginProviders } from './login-providers.ts';

it('asks each, and says why one cannot be asked', async () => {
  const issuer = await startForgedIssuer();
  const { settings } = issuer;
  const there = await Array.fromAsync(checkLoginProviders([settings]));
  expect(there).toEqual([{ check: 'login provider company', level: 'ok', detail: settings.issuer }]);

  const [other] = await Array.fromAsync(checkLoginProviders([{ ...settings, issuer: `${settings.issuer}/realm` }]));
  expect(other).toMatchObject({ level: 'warning', detail: expect.stringContaining('status code') });

  await issuer.close();
  const [away] = await Array.fromAsync(checkLoginProviders([settings]));
  expect(away).toMatchObject({ level: 'warning', detail: expect.stringContaining('ECONNREFUSED') });
  expect(away?.advice).toContain('issuer');
  expect(JSON.stringify(away)).not.toContain(settings.clientSecret);
});
