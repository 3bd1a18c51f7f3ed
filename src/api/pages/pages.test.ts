/** What the pages for recipients are made of: nothing of a tenant or a stranger is markup, what is coloured can be read, words fit. */

import { describe, expect, it } from 'vitest';
import { html } from './html.ts';
import { wordsFor } from './language.ts';
import { contrast, styleOf } from './look.ts';
import { pageReply } from './page.ts';

const HOSTILE = `"><script>alert(1)</script>&'`;

describe('html', () => {
  it('escapes what it is given, and nothing twice', () => {
    const inner = html`<b title="${HOSTILE}">${HOSTILE}</b>`;
    const whole = String(html`<p>${[inner, inner]}${undefined}${7}</p>`);
    expect(whole).not.toContain('<script');
    expect(whole.match(/&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;&amp;&#39;/g)).toHaveLength(4);
    expect(whole).toMatch(/^<p><b title="&quot;.*7<\/p>$/);
  });
});

describe('the colours of a tenant', () => {
  it('are measured as WCAG has it', () => {
    expect(contrast('#000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777777', '#fff')).toBeCloseTo(4.48, 2);
    expect(contrast('#123456', '#123456')).toBe(1);
  });

  it('hold where text can be read on them, and a button has the ink that can', () => {
    const style = (colors: object) => styleOf({ colors });
    expect(style({ background: '#102030', text: '#eeeeee' })).toContain(
      'body{margin:0;background:#102030;color:#eeeeee;',
    );
    expect(style({ background: '#ffff00', text: '#fff' })).toContain('body{margin:0;background:#ffffff;color:#16181d;');
    expect(style({ primary: '#ffe600' })).toContain('background:#ffe600;color:#000000;');
    expect(style({ primary: '#00338d' })).toContain('background:#00338d;color:#ffffff;');
  });
});

describe('a page', () => {
  const page = (branding: object) =>
    pageReply({ words: wordsFor('de'), owner: { name: HOSTILE, branding }, title: HOSTILE, content: html`<p>x</p>` });

  it('runs nothing, loads its logo alone, and hands its address to nobody', () => {
    const { body, headers } = page({
      logoUrl: `https://cdn.example.com/l.png?${HOSTILE}`,
      ...{ company: HOSTILE, footer: HOSTILE, address: HOSTILE, supportEmail: 'help@example.com' },
    });
    expect(body).not.toMatch(/<script|<link|<iframe| on\w+=| style=/i);
    expect(body).toContain('<html lang="de">');
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src https:\/\/cdn\.example\.com; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' });
  });

  it('has no picture where none can be one', () => {
    const { body, headers } = page({ logoUrl: 'https://[x/; script-src *' });
    expect(body).not.toContain('<img');
    expect(headers['content-security-policy']).not.toContain('img-src');
  });
});

it.each(['en', 'de', 'es', 'fr'])('in %s it says all that a page can, with whom and what it is about', (lang) => {
  const { unsubscribe, preferences, acknowledge } = wordsFor(lang);
  const said = [
    unsubscribe.gets('WHO', 'WHAT', 'ACME'),
    unsubscribe.off('WHO', 'WHAT'),
    unsubscribe.allOff('WHO', 'ACME'),
    unsubscribe.isOn('WHO', 'WHAT'),
    preferences.whose('WHO', 'ACME'),
  ];
  for (const text of said) expect(text).toContain('WHO');
  expect(said.filter((text) => text.includes('WHAT'))).toHaveLength(3);
  expect(said.filter((text) => text.includes('ACME'))).toHaveLength(3);
  expect([unsubscribe.category('WHAT'), preferences.ownZone('ZONE'), acknowledge.by('WHO')]).toEqual([
    expect.stringContaining('WHAT'),
    expect.stringContaining('(ZONE)'),
    expect.stringContaining('WHO'),
  ]);
});

it.each([
  [['de'], 'de'],
  [['DE-at,en;q=0.9'], 'de'],
  [['en;q=0.5, de;q=0.8'], 'de'],
  [['EN;Q=0.5, DE;Q=0.8'], 'de'],
  [['pt, de;q=0, en;q=0.1'], 'en'],
  [['pt-BR, it'], 'en'],
  [['it', 'de'], 'de'],
  [['fr-CA,en;q=0.8'], 'fr'],
  [['es', 'fr'], 'es'],
  [['it, es-419;q=0.5'], 'es'],
  [['constructor'], 'en'],
  [[undefined, 'de-CH'], 'de'],
  [['x'.repeat(100_000)], 'en'],
  [[';q=,,;;de'], 'en'],
  [[], 'en'],
] as const)('for %j the words are %s', (wishes, lang) => {
  expect(wordsFor(...wishes).lang).toBe(lang);
});
