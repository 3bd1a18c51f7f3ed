import { expect, it } from 'vitest';
import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import { describeFailure } from './failure.ts';

const errors = [
  { path: 'http.tls.cert', message: 'The file is not a certificate' },
  { path: 'http.tls.key', message: 'The file is not a key' },
];

it.each([
  [
    'all of them',
    new IepError('bad_config', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors }),
  ],
  ['the first of them', invalid(errors)],
])('errors that stand below are not said above as well, where the message has %s', (_, error) => {
  const { text } = describeFailure(error, 'iep');
  for (const { path, message } of errors) expect(text.split(`${path}: ${message}`)).toHaveLength(2);
});
