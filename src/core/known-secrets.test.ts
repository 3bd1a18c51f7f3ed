import { describe, expect, it } from 'vitest';
import { createCut, secretsIn, userNamesIn } from './known-secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = 'correct horse/bättery?';
const cut = createCut({ secrets: [secret, 'hunter2'], userNames: ['iep'] });

describe('a secret that is known', () => {
  it.each([
    ['plain', secret],
    ['in base64', base64(secret)],
    ['in base64 for URLs', Buffer.from(secret).toString('base64url')],
    ['percent-encoded', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['as a login of SMTP', base64(`\0iep\0${secret}`)],
    ['as a login of SMTP that names its identity', base64(`iep\0iep\0${secret}`)],
    ['as a login of HTTP', base64(`iep:${secret}`)],
    ['another of them', 'hunter2'],
  ])('is cut out: %s', (_, spelling) => {
    expect(cut(`535 no: ${spelling}, and ${spelling}`)).toMatch(/^535 no: \*\*\*=*, and \*\*\*=*$/);
  });

  it('is cut out however long it is', () => {
    const long = 'T~'.repeat(50_000);
    const cutLong = createCut({ secrets: [long], userNames: ['iep'] });
    expect(cutLong(`400 no: ${long}, ${base64(`iep:${long}`)}`)).toMatch(/^400 no: \*\*\*, \*\*\*=*$/);
    expect(cutLong(`400 no: ${long.slice(0, 400)}…`)).toBe('400 no: ***…');
  });

  it('is cut out where its white space was made into one space', () => {
    expect(createCut({ secrets: ['two\t\nwords'] })('535 two words')).toBe('535 ***');
  });

  it('is cut out where the text was shortened in the middle of it', () => {
    expect(cut('535 correct ho…')).toBe('535 ***…');
    expect(cut(`one ${base64(secret).slice(0, 9)}…\nS: two hunt…`)).toBe('one ***…\nS: two ***…');
    expect(cut('a plain end…')).toBe('a plain end…');
  });

  it('leaves every other text as it is', () => {
    expect(cut('250 2.0.0 queued as 4F2')).toBe('250 2.0.0 queued as 4F2');
    expect(createCut({ secrets: [''] })('250 2.0.0 queued')).toBe('250 2.0.0 queued');
  });

  it('is found by its name, however deep it stands', () => {
    const settings = { host: 'h', username: 'iep', apiKey: 'k', auth: { password: 'p', port: 1, clientId: 'c' } };
    expect(secretsIn(settings)).toEqual(['k', 'p']);
    expect(userNamesIn(settings)).toEqual(['iep', 'c']);
  });
});
