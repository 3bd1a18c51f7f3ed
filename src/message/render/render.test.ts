/** Rendering by the rules of seed 001 §8. */

import { describe, expect, it } from 'vitest';
import type { Parts } from '../../core/message.ts';
import { defaultRenderLimits } from './limits.ts';
import { createRender } from './render.ts';
import { sampleMessage } from './sample.testing.ts';

const render = createRender();

function renderParts(parts: Omit<Parts, 'kind'>, subject = 'Hello') {
  return render(sampleMessage(parts, { subject }));
}

describe('with variables', () => {
  it('puts them into subject, HTML and text', async () => {
    const result = await renderParts(
      { html: '<p>Hello {{name}}</p>', text: 'Hello {{name}}', variables: { name: 'Saif', unused: 1 } },
      '{{name}}: reset',
    );
    expect(result).toEqual({
      ok: true,
      changed: true,
      rendered: { subject: 'Saif: reset', html: '<p>Hello Saif</p>', text: 'Hello Saif' },
    });
  });

  it('prints nothing for what is missing', async () => {
    const result = await renderParts({ html: '<p>[{{a}}{{b.c.d}}{{{e}}}]</p>', text: 't', variables: {} });
    expect(result).toMatchObject({ ok: true, rendered: { html: '<p>[]</p>' } });
  });

  it('escapes for HTML in the HTML only', async () => {
    const text = '{{name}} {{{name}}}';
    const result = await renderParts({ html: text, text, variables: { name: `<O'Neil & "Co">` } }, '{{name}}');
    expect(result).toMatchObject({
      rendered: {
        subject: `<O'Neil & "Co">`,
        html: `&lt;O&#x27;Neil &amp; &quot;Co&quot;&gt; <O'Neil & "Co">`,
        text: `<O'Neil & "Co"> <O'Neil & "Co">`,
      },
    });
  });

  it('are for one recipient where they name it, and the result says so', async () => {
    const message = sampleMessage({ html: '<i>{{system.recipient}}</i>', variables: {} });
    const text = (to: string) => ({ subject: 'Hello', html: `<i>${to}</i>`, text: to });
    expect(await render(message)).toEqual({
      ...{ ok: true, changed: true, isPersonal: true, rendered: text('user@example.com') },
    });
    expect(await render(message, { address: 'b@example.com', position: 1 })).toMatchObject({
      rendered: text('b@example.com'),
    });
    const subject = await renderParts({ text: 't', variables: {} }, '{{#with system}}{{recipient}}{{/with}}');
    expect(subject).toMatchObject({ isPersonal: true, rendered: { subject: 'user@example.com' } });
  });

  it('show the links of who gets it, and none where there are none', async () => {
    const linked = createRender(undefined, undefined, {
      ownLinksOf: ({ unsubscribe }) =>
        unsubscribe && Promise.resolve(({ address }) => ({ unsubscribeUrl: `https://x.example/u/${address}` })),
    });
    const text = 'Off: {{system.unsubscribeUrl}} {{system.preferencesUrl}}.';
    const message = sampleMessage({ text, variables: {} });
    const off = { ...message, unsubscribe: { category: 'news' } };
    const shows = (said: string) => ({ rendered: { text: said } });
    expect(await linked(off)).toMatchObject(shows('Off: https://x.example/u/user@example.com .'));
    const other = { address: 'b@x.example', position: 1 };
    expect(await linked(off, other)).toMatchObject(shows('Off: https://x.example/u/b@x.example .'));
    expect(await linked(message)).toMatchObject(shows('Off:  .'));
  });

  it.each([
    ['is not looked at', '{{#if a}}{{system.recipient}}{{/if}}system.recipient', {}, 'system.recipient'],
    ['is the caller’s own', '{{system.recipient}}', { system: { recipient: 'me' } }, 'me'],
    ['is of no template', '{{name}}', { name: '{{system.recipient}}' }, '{{system.recipient}}'],
  ])('are for all where it %s', async (_name, text, variables, rendered) => {
    expect(await renderParts({ text, variables })).toEqual({
      ...{ ok: true, changed: true, rendered: { subject: 'Hello', text: rendered } },
    });
  });

  it('print the recipient as any other value: escaped in HTML, on one line in a subject', async () => {
    const message = sampleMessage(
      { html: '{{system.recipient}}', text: 't', variables: {} },
      { subject: '{{system.recipient}}' },
    );
    expect(await render(message, { address: '"<b>\r\nBcc: x"@example.com', position: 0 })).toMatchObject({
      rendered: { subject: '"<b> Bcc: x"@example.com', html: '&quot;&lt;b&gt;\r\nBcc: x&quot;@example.com' },
    });
  });

  it('makes the subject one line', async () => {
    const result = await renderParts(
      { text: 't', variables: { name: 'a\r\nBcc: evil@example.com\n\0b\t' } },
      '{{name}}',
    );
    expect(result).toMatchObject({ rendered: { subject: 'a Bcc: evil@example.com b ' } });
  });

  it('fails for good, with a reason, where a template is malformed', async () => {
    expect(await renderParts({ html: '<p>\n{{#if a}</p>', variables: {} })).toEqual({
      ok: false,
      reason: expect.stringMatching(
        /^htmlBody: line 2: a tag has a character that is not expected there, or is not closed$/,
      ),
    });
    expect(await renderParts({ text: '{{#if a}}{{/each}}', variables: {} })).toEqual({
      ok: false,
      reason: "textBody: line 1: if doesn't match each",
    });
    expect(await renderParts({ text: '', variables: {} }, '{{')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^subject: /),
    });
  });

  it('fails where the subject grows too long', async () => {
    const reason = `subject: gives more than ${defaultRenderLimits.maxSubjectLength} characters`;
    expect(await renderParts({ text: '', variables: { a: 'x'.repeat(3000) } }, '{{a}}')).toEqual({ ok: false, reason });
  });
});

describe('without variables', () => {
  it('sends the content as it is', async () => {
    const html = '<p>{{#if}} {{name</p>';
    expect(await renderParts({ html, text: '{{{' }, '{{x}}')).toEqual({
      ok: true,
      changed: false,
      rendered: { subject: '{{x}}', html, text: '{{{' },
    });
  });

  it('makes a text where there is none', async () => {
    expect(await renderParts({ html: '<p>Hello &amp; bye</p>' })).toMatchObject({
      changed: false,
      rendered: { text: 'Hello & bye' },
    });
    expect(await renderParts({ html: '<p>{{n}}</p>', variables: { n: '<b>' } })).toMatchObject({
      changed: true,
      rendered: { text: '<b>' },
    });
  });

  it('makes none where the HTML shows no text', async () => {
    const result = await renderParts({ html: '<img src="cid:a">' });
    expect(result).toEqual({ ok: true, changed: false, rendered: { subject: 'Hello', html: '<img src="cid:a">' } });
  });

  it('keeps text alone', async () => {
    const result = await renderParts({ text: '' });
    expect(result).toEqual({ ok: true, changed: false, rendered: { subject: 'Hello', text: '' } });
  });
});

it('leaves raw messages alone', async () => {
  const message = sampleMessage();
  const raw = { bytes: Buffer.from('Subject: {{x}}\r\n\r\n'), size: 18 };
  expect(await render({ ...message, content: { kind: 'raw', raw, utf8Header: false } })).toEqual({
    ok: true,
    changed: false,
  });
});
