import { expect, it } from 'vitest';
import { withoutSecrets } from './secret-names.ts';

it.each([
  ['the password of a URL', 'see smtp://iep:hunter2@relay.example:587 now', 'see smtp://iep:***@relay.example:587 now'],
  ['whatever its scheme', 'x+y.z://u:p@h', 'x+y.z://u:***@h'],
  ['a URL without one', 'https://a.example:443/b?c=d', 'https://a.example:443/b?c=d'],
  ['a key of ours', 'iep_abcdefgh_0123', 'iep_abcdefgh_***'],
  ['a link that lets somebody in', '/ui/link#iep_link_0aZ9', '/ui/link#iep_link_***'],
  ['what a session is known by', 'iep_session=iep_session_0aZ9', 'iep_session=iep_session_***'],
  [
    'the fields of a token request',
    'saw client_secret=a%7Eb&assertion=x.y&scope=s',
    'saw client_secret=***&assertion=***&scope=s',
  ],
  ['a signed assertion', 'saw eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln-Xg_ there', 'saw eyJ*** there'],
  ['one that was cut', 'saw eyJhbGciOiJSUzI1NiJ9.eyJpc3…', 'saw eyJ***…'],
  ['what lets in by a URL', 'https://a.example/?token=abc&x=1', 'https://a.example/?token=***&x=1'],
])('%s', (_, text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});
