import { describe, expect, it } from 'vitest';
import { marked } from '../../../core/marked-text.ts';
import { cardOf } from '../card.ts';
import { acknowledgeUrl, contentOf, hostile, longest, notice } from '../channels.testing.ts';
import { mentionsIn, webhookMessage } from './block-kit.testing.ts';
import { slackPayload } from './render.ts';
import { cutSlack, escapeSlack, linked } from './text.ts';

function message(...content: Parameters<typeof contentOf>) {
  const payload = slackPayload(contentOf(...content), {});
  if ('unfit' in payload) throw new Error(payload.unfit);
  return webhookMessage.parse(JSON.parse(payload.body));
}

const unfit = (template: string) => slackPayload(contentOf({}, template), {});
const blocks = (...some: object[]) => JSON.stringify({ blocks: some });

describe('a card for Slack', () => {
  it('is what Block Kit documents: header with a sign, text with links, facts, log and buttons', () => {
    const { text, blocks: made = [] } = message();
    expect(text).toBe('❌ Job failed: nightly-backup');
    expect(made.map(({ type }) => type)).toEqual(['header', 'section', 'section', 'section', 'actions']);
    const whole = JSON.stringify(made);
    expect(whole).toContain('See <https://wiki.example.com/backup?a=1&amp;b=2> first.');
    expect(whole).toContain('*Duration*\\n12 min 31 s');
    expect(whole).toContain('```\\ndump started\\nerror: remote disk');
    expect(made.at(-1)).toMatchObject({
      elements: [
        { text: { text: 'Acknowledge' }, url: acknowledgeUrl, style: 'primary' },
        { text: { text: 'Open' }, url: 'https://ci.example.com/jobs/8812' },
      ],
    });
  });

  it('keeps what is hostile a text, wherever it stands', () => {
    const card = cardOf({ type: hostile, subject: hostile, text: hostile, data: { [hostile]: hostile, log: hostile } });
    const payload = slackPayload({ card, notice }, {});
    const { body } = payload as { body: string };
    expect(mentionsIn(body)).toEqual([]);
    expect(body).not.toContain('<https://evil.example|ok>');
    expect(webhookMessage.safeParse(JSON.parse(body)).error).toBeUndefined();
  });

  it('fits at its longest, and with the shortest', () => {
    message(longest);
    message({ ...longest, text: 'x'.repeat(6_000) });
    expect(message({ subject: 'x', text: '', facts: [] }).blocks?.length).toBeGreaterThan(0);
    const { body } = slackPayload({ card: { subject: 'x', facts: [] }, notice }, {}) as { body: string };
    webhookMessage.parse(JSON.parse(body));
  });

  it('lets no log end its frame', () => {
    expect(JSON.stringify(message({ log: 'a\n```\n<!here>' }))).toContain(`'''`);
  });
});

describe('a template for Slack', () => {
  it('gives blocks, whose values are escaped for their place', () => {
    const value = marked(hostile);
    const made = message(
      {},
      blocks(
        { type: 'header', text: { type: 'plain_text', text: `Job ${value}` } },
        { type: 'section', text: { type: 'mrkdwn', text: `*${value}* <https://own.example|own>` } },
      ),
    );
    const escaped = escapeSlack(hostile);
    expect(made.blocks?.[0]).toMatchObject({ text: { text: `Job ${escaped}`.slice(0, 150) } });
    expect(made.blocks?.[1]).toMatchObject({ text: { text: `*${escaped}* <https://own.example|own>` } });
    expect(mentionsIn(JSON.stringify(made))).toEqual([]);
  });

  it('takes a list of blocks, text beside them, and mrkdwn alone', () => {
    const divider = { type: 'divider' };
    expect(message({ acknowledgeUrl: undefined as never }, JSON.stringify([divider]))).toEqual({
      text: '❌ Job failed: nightly-backup',
      blocks: [divider],
    });
    const made = message({}, JSON.stringify({ text: 'own', blocks: [divider] }));
    expect(made).toMatchObject({ text: 'own', blocks: [divider, { type: 'actions' }] });
    const { card } = contentOf();
    const { acknowledgeUrl: _, ...without } = card;
    expect(slackPayload({ card: without, notice, template: ` *Job* ${marked('<!here>')}\n` }, {})).toEqual({
      body: JSON.stringify({ text: '*Job* &lt;!here&gt;' }),
    });
    expect(message({}, 'text').blocks?.at(-1)).toMatchObject({ elements: [{ url: acknowledgeUrl }] });
  });

  it('has a button to acknowledge unless it has that link itself', () => {
    const own = { type: 'section', text: { type: 'mrkdwn', text: `<${marked(acknowledgeUrl)}|Got it>` } };
    expect(message({}, blocks(own)).blocks).toHaveLength(1);
    expect(message({}, `Got it: ${marked(acknowledgeUrl)}`).blocks).toBeUndefined();
  });

  it('writes a value into a URL as a part of it', () => {
    const button = (url: string) =>
      blocks({
        type: 'actions',
        elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' }, action_id: 'a', url }],
      });
    const whole = message({}, button(marked('https://x.example/?a=1&b=2'))).blocks?.[0];
    expect(whole).toMatchObject({ elements: [{ url: 'https://x.example/?a=1&b=2' }] });
    const part = message({}, button(`https://x.example/${marked('a/../b?c')}`)).blocks?.[0];
    expect(part).toMatchObject({ elements: [{ url: 'https://x.example/a%2F..%2Fb%3Fc' }] });
    expect(unfit(button(marked('javascript:alert(1)')))).toEqual({
      unfit: `the template's "url" is not a URL that begins with http:, https: or mailto:`,
    });
  });

  it('cuts a value that is too long for its block', () => {
    const made = message({}, blocks({ type: 'header', text: { type: 'plain_text', text: marked('&'.repeat(500)) } }));
    expect(JSON.stringify(made.blocks?.[0])).toMatch(/(?:&amp;)+…"/);
  });

  it.each([
    ['{"blocks": [', /no valid JSON/],
    ['{"channel": "#general", "text": "x"}', /says "channel"; it may say text, blocks/],
    ['{"unfurl_links": true}', /neither text nor blocks/],
    ['{"blocks": "x"}', /no list of objects/],
    ['{"blocks": [{"text": "x"}]}', /no list of objects/],
    ['{"text": 1}', /no valid JSON|a text that is none/],
    [`{"blocks": [${Array.from({ length: 60 }, () => '{"type":"divider"}').join()}]}`, /61 blocks; Slack takes 50/],
    ['   ', /no text/],
    [`{"blocks": [${'['.repeat(60)}${']'.repeat(60)}]}`, /50 levels/],
  ])('is refused with a sentence: %s', (template, reason) => {
    expect(unfit(template)).toEqual({ unfit: expect.stringMatching(reason) });
  });
});

describe('text for Slack', () => {
  it('links URLs and nothing else', () => {
    expect(linked('a <b> (https://x.example/a_b?c=1&d).')).toBe('a &lt;b&gt; (<https://x.example/a_b?c=1&amp;d>).');
    expect(linked('https:// http://x|y https://a.example>')).toBe('https:// <http://x>|y <https://a.example>&gt;');
  });

  it('is cut between escapes and links', () => {
    expect(cutSlack('ab&amp;cd', 6)).toBe('ab…');
    expect(cutSlack('ab <https://x.example> c', 12)).toBe('ab …');
    expect(cutSlack('ab😀', 4)).toBe('ab😀');
    expect(cutSlack('ab😀c', 4)).toBe('ab…');
  });
});
