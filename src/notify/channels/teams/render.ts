/**
 * What Teams is posted: an adaptive card in the message that a workflow takes. What people wrote stands in text runs, which know no
 * Markdown, so that nothing in it is a link or a list by accident.
 */

import { isRecord } from '../../../core/is-record.ts';
import { writeMarked } from '../../../core/marked-text.ts';
import type { Json } from '../../../core/message.ts';
import { type Card, type CardState, type Fact, firstThatFits, isWebUrl } from '../card.ts';
import type { Payload, PostContent, Unfit } from '../channel.ts';
import { holds, readMade, type TextMember, writeTexts, writeUrl } from '../writing.ts';
import { escapeMarkdown } from './text.ts';

type Part = { readonly [name: string]: Json };

const TYPE = 'application/vnd.microsoft.card.adaptive';
/** Teams shows cards up to this version of the schema. */
const VERSION = '1.5';
/** learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages: 28 KB with all that is around it. */
export const MAX_TEAMS_BYTES = 28 * 1024;
const STYLES: Readonly<Record<CardState, { readonly style: string; readonly color: string; readonly sign: string }>> = {
  good: { style: 'good', color: 'good', sign: '✔' },
  bad: { style: 'attention', color: 'attention', sign: '✖' },
  warning: { style: 'warning', color: 'warning', sign: '⚠' },
};
const MAX_LINES = 60;

export function teamsPayload({ card, template }: PostContent): Payload {
  if (template !== undefined) return templatePayload(template, card);
  return {
    body: firstThatFits(
      card,
      (one) => messageOf(plainCard(one)),
      (body) => Buffer.byteLength(body) <= MAX_TEAMS_BYTES,
    ),
  };
}

function messageOf(content: Part): string {
  return JSON.stringify({ type: 'message', attachments: [{ contentType: TYPE, content }] });
}

function plainCard(card: Card): Part {
  const { text, facts, log } = card;
  return cardWith(
    [
      title(card),
      ...(text === undefined ? [] : lines(text)),
      ...facts.map(factRow),
      ...(log === undefined ? [] : [logBox(log)]),
    ],
    buttons(card),
    card.subject,
  );
}

function cardWith(body: readonly Part[], actions: readonly Part[], fallbackText: string): Part {
  return {
    ...{
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: VERSION,
      fallbackText,
    },
    ...{ msteams: { width: 'Full' }, body: [...body] },
    ...(actions.length > 0 && { actions: [...actions] }),
  };
}

function title({ subject, state }: Card): Part {
  const { style, color, sign } =
    state === undefined ? { style: 'emphasis', color: 'default', sign: '' } : STYLES[state];
  const run = { type: 'TextRun', text: `${sign} ${subject}`.trim(), size: 'large', weight: 'bolder', color };
  return { type: 'Container', style, bleed: true, items: [{ type: 'RichTextBlock', inlines: [run] }] };
}

/** A block a line; an empty line is a gap. */
function lines(text: string): readonly Part[] {
  const made: Part[] = [];
  let spacing = 'medium';
  const all = text.split('\n');
  for (const line of all.slice(0, MAX_LINES)) {
    if (line.trim() === '') spacing = 'medium';
    else {
      made.push({ type: 'RichTextBlock', spacing, inlines: runs(line) });
      spacing = 'none';
    }
  }
  return all.length <= MAX_LINES ? made : [...made, { type: 'RichTextBlock', spacing: 'none', inlines: runs('…') }];
}

const URL_IN_TEXT = /(https?:\/\/[^\s<>|"'`]*[^\s<>|"'`.,;:!?)\]}*_~])/;

/** Plain text; URLs in it are links. */
function runs(text: string, more: Part = {}): Part[] {
  return text.split(URL_IN_TEXT).flatMap((part, at) => {
    if (part === '') return [];
    const run = { type: 'TextRun', text: part, ...more };
    const isLink = at % 2 === 1 && isWebUrl(part);
    return [isLink ? { ...run, color: 'accent', selectAction: { type: 'Action.OpenUrl', url: part } } : run];
  });
}

/** In place of a FactSet, whose values are Markdown. */
function factRow({ name, value }: Fact, at: number): Part {
  const column = (width: string, items: Part[]): Part => ({ type: 'Column', width, items });
  const label = { type: 'TextRun', text: name, weight: 'bolder', isSubtle: true };
  return {
    ...{ type: 'ColumnSet', spacing: at === 0 ? 'medium' : 'small' },
    columns: [
      column('110px', [{ type: 'RichTextBlock', inlines: [label] }]),
      column('stretch', [{ type: 'RichTextBlock', inlines: runs(value) }]),
    ],
  };
}

function logBox(log: string): Part {
  const items = log
    .split('\n')
    .slice(-MAX_LINES)
    .filter((line) => line.trim() !== '')
    .map((line): Part => {
      const run = { type: 'TextRun', text: line, fontType: 'monospace', size: 'small' };
      return { type: 'RichTextBlock', spacing: 'none', inlines: [run] };
    });
  return { type: 'Container', style: 'emphasis', spacing: 'medium', items };
}

function buttons({ url, acknowledgeUrl }: Pick<Card, 'url' | 'acknowledgeUrl'>): readonly Part[] {
  return [
    ...(acknowledgeUrl === undefined
      ? []
      : [{ type: 'Action.OpenUrl', title: 'Acknowledge', url: acknowledgeUrl, style: 'positive' }]),
    ...(url === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Open', url }]),
  ];
}

function templatePayload(template: string, card: Card): Payload {
  const made = templateCard(template, card);
  if ('unfit' in made) return { unfit: String(made.unfit) };
  const body = messageOf(made);
  const bytes = Buffer.byteLength(body);
  return bytes <= MAX_TEAMS_BYTES
    ? { body }
    : { unfit: `the template gives a card of ${bytes} bytes; Teams takes ${MAX_TEAMS_BYTES}` };
}

function templateCard(template: string, card: Card): Part | Unfit {
  const read = readMade(template);
  if ('unfit' in read) return read;
  if ('text' in read) return textCard(writeMarked(read.text, escapeMarkdown).trim(), card);
  const written = writeTexts(read.json, write);
  if ('unfit' in written) return written;
  const content = contentOf(written.json);
  return 'unfit' in content ? content : withAcknowledge(content, card);
}

/** A template that is text is Markdown as its author wrote it. */
function textCard(text: string, card: Card): Part | Unfit {
  if (text === '') return { unfit: 'the template gives no text' };
  const made = cardWith([{ type: 'TextBlock', text, wrap: true }], [], card.subject);
  return withAcknowledge(made, card);
}

function write(text: string, { name, around }: TextMember): string | Unfit {
  if (/url$/i.test(name)) return writeUrl(text, name);
  const isFact = around.type === undefined && (name === 'title' || name === 'value');
  const isMarkdown = (around.type === 'TextBlock' && name === 'text') || isFact;
  return writeMarked(text, isMarkdown ? escapeMarkdown : (value) => value);
}

/** The card, alone or in the message that a workflow takes. */
function contentOf(json: Json): Part | Unfit {
  const said = isRecord(json) ? (json as Part) : {};
  if ('@type' in said || '@context' in said) {
    return { unfit: 'the template gives a MessageCard, which Microsoft retired; write an adaptive card' };
  }
  const [only, ...more] = said.type === 'message' && Array.isArray(said.attachments) ? said.attachments : [];
  const content = isRecord(only) ? (only as Part).content : json;
  if (more.length > 0) return { unfit: 'the template gives several cards; a message has one' };
  if (!isRecord(content) || content.type !== 'AdaptiveCard') {
    return { unfit: 'the template gives no adaptive card: an object whose type is AdaptiveCard' };
  }
  const { version = VERSION, body } = content as Part;
  if (typeof version !== 'string' || !/^1\.[0-5]$/.test(version)) {
    return { unfit: `the template gives a card of another version; Teams shows up to ${VERSION}` };
  }
  if (!Array.isArray(body) || body.length === 0) return { unfit: 'the template gives a card without a body' };
  return { ...(content as Part), version };
}

/** With a button to acknowledge, where the card has no such link of its own. */
function withAcknowledge(content: Part, { acknowledgeUrl }: Card): Part {
  if (acknowledgeUrl === undefined || holds(content, acknowledgeUrl)) return content;
  const { actions } = content;
  return {
    ...content,
    actions: [...(Array.isArray(actions) ? actions : []), ...(buttons({ acknowledgeUrl }) as Part[])],
  };
}
