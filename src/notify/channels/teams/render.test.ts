import { AdaptiveCard, SerializationContext, Version } from 'adaptivecards';
import { describe, expect, it } from 'vitest';
import { isRecord } from '../../../core/is-record.ts';
import { marked } from '../../../core/marked-text.ts';
import { cardOf } from '../card.ts';
import type { PostContent } from '../channel.ts';
import { acknowledgeUrl, contentOf, hostile, longest, notice } from '../channels.testing.ts';
import { MAX_TEAMS_BYTES, teamsPayload } from './render.ts';
import { escapeMarkdown } from './text.ts';

/** The card, once Microsoft's own parser of the schema had nothing to say. */
function card(content: PostContent): Record<string, unknown> {
  const payload = teamsPayload(content);
  if ('unfit' in payload) throw new Error(payload.unfit);
  expect(Buffer.byteLength(payload.body)).toBeLessThanOrEqual(MAX_TEAMS_BYTES);
  const { type, attachments, ...more } = JSON.parse(payload.body);
  expect({ type, more }).toEqual({ type: 'message', more: {} });
  const [{ contentType, content: made }] = attachments;
  expect(contentType).toBe('application/vnd.microsoft.card.adaptive');
  const context = new SerializationContext(new Version(1, 5));
  const parsed = new AdaptiveCard();
  parsed.parse(made, context);
  const said = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message);
  expect(said).toEqual([]);
  return made;
}

/** The members of that name, wherever they stand. */
function all(made: unknown, name: string): readonly unknown[] {
  if (Array.isArray(made)) return made.flatMap((one) => all(one, name));
  if (!isRecord(made)) return [];
  return Object.entries(made).flatMap(([key, one]) => [...(key === name ? [one] : []), ...all(one, name)]);
}

const template = (body: object[], more: object = {}) =>
  JSON.stringify({ type: 'AdaptiveCard', version: '1.4', body, ...more });
const unfit = (text: string) => teamsPayload(contentOf({}, text));

describe('a card for Teams', () => {
  it('is what the schema of adaptive cards takes: title in colour, text with links, facts, log and buttons', () => {
    const made = card(contentOf());
    expect(made).toMatchObject({
      version: '1.5',
      body: [
        { style: 'attention', items: [{ inlines: [{ text: '✖ Job failed: nightly-backup' }] }] },
        { inlines: [{ text: 'The archive could not be written.' }] },
        {
          inlines: [
            { text: 'See ' },
            { text: 'https://wiki.example.com/backup?a=1&b=2', selectAction: { type: 'Action.OpenUrl' } },
            { text: ' first.' },
          ],
        },
        ...[{ type: 'ColumnSet' }, { type: 'ColumnSet' }, { type: 'ColumnSet' }, { style: 'emphasis' }],
      ],
      actions: [
        { title: 'Acknowledge', url: acknowledgeUrl },
        { title: 'Open', url: 'https://ci.example.com/jobs/8812' },
      ],
    });
  });

  it('keeps what is hostile a text, wherever it stands', () => {
    const content = { subject: hostile, text: hostile, data: { [hostile]: hostile, log: hostile } };
    const made = card({ card: cardOf({ type: hostile, ...content }), notice });
    // Text runs know no Markdown (adaptivecards.io/explorer/TextRun.html).
    expect(all(made, 'type')).not.toContain('TextBlock');
    expect(all(made, 'text').join('\n')).toContain('[a](');
    expect(new Set(all(made, 'url'))).toEqual(new Set(['https://evil.example']));
  });

  it('fits at its longest, and with the shortest', () => {
    card(contentOf(longest));
    expect(all(card(contentOf({ ...longest, text: '漢\n'.repeat(3_000) })), 'text')).toContain('…');
    expect(card({ card: { subject: 'x', facts: [] }, notice })).not.toHaveProperty('actions');
  });
});

describe('a template for Teams', () => {
  it('gives a card, whose values are escaped for their place', () => {
    const made = card(
      contentOf(
        {},
        template([
          { type: 'TextBlock', text: `**Job** ${marked('*a* [b](c)')}`, wrap: true },
          { type: 'FactSet', facts: [{ title: 'Host', value: marked('db_1_') }] },
          { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: marked('*a*') }] },
          { type: 'Image', url: `https://x.example/${marked('a b')}.png`, altText: marked('*a*') },
        ]),
      ),
    );
    expect(made.body).toMatchObject([
      { text: '**Job** \\*a\\* \\[b\\](c)' },
      { facts: [{ value: 'db\\_1\\_' }] },
      { inlines: [{ text: '*a*' }] },
      { url: 'https://x.example/a%20b.png', altText: '*a*' },
    ]);
    expect(made.actions).toMatchObject([{ title: 'Acknowledge', url: acknowledgeUrl }]);
  });

  it('takes the card in its message, and Markdown alone', () => {
    const content = { type: 'AdaptiveCard', body: [{ type: 'TextBlock', text: 'x' }] };
    const inMessage = JSON.stringify({ type: 'message', attachments: [{ content }] });
    expect(card(contentOf({}, inMessage))).toMatchObject({ version: '1.5', body: content.body });
    expect(card(contentOf({}, `**Job** ${marked('_a_')}`)).body).toEqual([
      { type: 'TextBlock', text: '**Job** \\_a\\_', wrap: true },
    ]);
  });

  it('has a button to acknowledge unless it has that link itself', () => {
    const actions = [{ type: 'Action.OpenUrl', title: 'Got it', url: marked(acknowledgeUrl) }];
    const made = card(contentOf({}, template([{ type: 'TextBlock', text: 'x' }], { actions })));
    expect(made.actions).toHaveLength(1);
  });

  it.each([
    ['{"@type": "MessageCard", "text": "x"}', /Microsoft retired/],
    ['{"type": "Container"}', /no adaptive card/],
    ['{"type": "message", "attachments": []}', /no adaptive card/],
    ['{"type": "message", "attachments": [{}, {}]}', /several cards/],
    ['{"type": "AdaptiveCard", "version": "1.6", "body": [{}]}', /up to 1.5/],
    ['{"type": "AdaptiveCard", "body": []}', /without a body/],
    ['{"type": "AdaptiveCard"', /no valid JSON/],
    [template([{ type: 'TextBlock', text: marked('x'.repeat(30_000)) }]), /30\d+ bytes; Teams takes 28672/],
    [template([], { body: [{ type: 'Image', url: marked('file:///etc/passwd') }] }), /"url" is not a URL/],
    ['', /no text/],
  ])('is refused with a sentence: %s', (text, reason) => {
    expect(unfit(text)).toEqual({ unfit: expect.stringMatching(reason) });
  });
});

it('escapes what Markdown of cards knows, and lists at the beginning of lines', () => {
  expect(escapeMarkdown('a-b 1. c\n- d\n 12. e\n# f')).toBe('a-b 1. c\n\\- d\n 12\\. e\n\\# f');
});
