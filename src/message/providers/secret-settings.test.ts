import { expect, it } from 'vitest';
import { valueAt, withChange, withSecretsHidden } from './secret-settings.ts';

const secrets = ['password', 'oauth2.clientSecret', 'oauth2.serviceAccount.private_key'];
const settings = {
  ...{ type: 'smtp', port: 587, password: 'planted', list: ['a'] },
  oauth2: { clientId: 'id', clientSecret: 'planted', serviceAccount: { private_key: 'planted', client_email: 'a@b' } },
};

it('shows that a secret is set, however deep, and nothing of it', () => {
  const shown = withSecretsHidden({ ...settings, absent: undefined }, secrets);
  expect(shown).toEqual({
    ...{ type: 'smtp', port: 587, password: 'set', list: ['a'] },
    oauth2: { clientId: 'id', clientSecret: 'set', serviceAccount: { private_key: 'set', client_email: 'a@b' } },
  });
  expect(withSecretsHidden({ password: { of: 'another form' } }, secrets)).toEqual({ password: 'set' });
});

it('leaves secrets as they are for who sends back what was shown', () => {
  expect(withChange(settings, withSecretsHidden(settings, secrets), secrets)).toEqual(settings);
  expect(withChange({}, { password: 'set', username: 'set' }, secrets)).toEqual({ username: 'set' });
});

it('changes a group by what is in it, and takes away by null', () => {
  const scope = withChange(settings, { oauth2: { scope: 'mail', serviceAccount: null } }, secrets);
  expect(scope.oauth2).toEqual({ clientId: 'id', clientSecret: 'planted', scope: 'mail' });
  expect(withChange(settings, { oauth2: null, list: ['b'] }, secrets)).toEqual({
    ...{ type: 'smtp', port: 587, password: 'planted', list: ['b'] },
  });
  expect(withChange({ type: 'smtp' }, { oauth2: { clientId: 'id', scope: null } }, secrets)).toEqual({
    ...{ type: 'smtp', oauth2: { clientId: 'id' } },
  });
});

it('finds a value by its path', () => {
  const paths = ['password', 'oauth2.serviceAccount.private_key', 'oauth2.absent.deeper', 'list.0'];
  expect(paths.map((path) => valueAt(settings, path))).toEqual(['planted', 'planted', undefined, undefined]);
});
