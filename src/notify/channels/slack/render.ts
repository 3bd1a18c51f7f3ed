/** What Slack is posted: Block Kit (docs.slack.dev/reference/block-kit), within its limits. */

import { isRecord } from '../../../core/is-record.ts';
import { writeMarked } from '../../../core/marked-text.ts';
import type { Json } from '../../../core/message.ts';
import { type Card, type CardState, firstThatFits } from '../card.ts';
import type { Payload, PostContent, Unfit } from '../channel.ts';
import { holds, readMade, type TextMember, writeTexts, writeUrl } from '../writing.ts';
import type { SlackSettings } from './settings.ts';
import { cutSlack, escapeSlack, linked } from './text.ts';

type Block = { readonly [name: string]: Json };

/** docs.slack.dev/reference/block-kit/blocks; blocks of some 13,000 characters together are refused as `msg_blocks_too_long`. */
const MAX = { blocks: 50, header: 150, section: 3_000, field: 2_000, text: 4_000, whole: 12_000 };
const MAX_CARD_SECTIONS = 2;
const SIGNS: Readonly<Record<CardState, string>> = { good: '✅', bad: '❌', warning: '⚠️' };
/** What a template may say; where it is posted to is the channel's. */
const MEMBERS = ['text', 'blocks', 'attachments', 'unfurl_links', 'unfurl_media', 'mrkdwn'];

export function slackPayload({ card, template }: PostContent, { channel }: Pick<SlackSettings, 'channel'>): Payload {
  const bodyOf = (message: Block) => JSON.stringify({ ...(channel !== undefined && { channel }), ...message });
  if (template === undefined) {
    const make = (one: Card) => bodyOf(cardMessage(one));
    return { body: firstThatFits(card, make, (body) => body.length <= MAX.whole) };
  }
  const made = templateMessage(template, card);
  return 'unfit' in made ? { unfit: String(made.unfit) } : { body: bodyOf(made) };
}

function cardMessage(card: Card): Block {
  const { subject, text, facts, log } = card;
  const blocks: Block[] = [{ type: 'header', text: plain(signed(card, subject), MAX.header) }];
  if (text !== undefined) blocks.push(...sections(text));
  if (facts.length > 0) {
    const fields = facts.map(({ name, value }) => mrkdwn(`*${escapeSlack(name)}*\n${linked(value)}`, MAX.field));
    blocks.push({ type: 'section', fields });
  }
  if (log !== undefined) blocks.push({ type: 'section', text: preformatted(log) });
  blocks.push(...buttons(card));
  return { text: fallback(card), blocks };
}

function signed({ state }: Card, text: string): string {
  return state === undefined ? text : `${SIGNS[state]} ${text}`;
}

/** What a notification of the system shows, and what is read aloud. */
function fallback(card: Card): string {
  return cutSlack(escapeSlack(signed(card, card.subject)), MAX.text);
}

function sections(text: string): readonly Block[] {
  const made: Block[] = [];
  let rest = linked(text);
  while (rest !== '' && made.length < MAX_CARD_SECTIONS) {
    const isLast = made.length === MAX_CARD_SECTIONS - 1;
    const part = isLast || rest.length <= MAX.section ? rest : atLine(rest);
    made.push({ type: 'section', text: mrkdwn(part, MAX.section) });
    rest = rest.slice(part.length).replace(/^\n/, '');
  }
  return made;
}

/** The beginning, up to the last line that ends within a section. */
function atLine(text: string): string {
  const end = text.lastIndexOf('\n', MAX.section - 1);
  return end > 0 ? text.slice(0, end) : text;
}

function preformatted(log: string): Block {
  const inside = escapeSlack(log.replaceAll('```', "'''"));
  return mrkdwn(`\`\`\`\n${cutSlack(inside, MAX.section - 10)}\n\`\`\``, MAX.section);
}

function plain(text: string, max: number): Block {
  return { type: 'plain_text', text: cutSlack(escapeSlack(text), max), emoji: true };
}

/** `verbatim`: names of channels and people in it are no mentions. */
function mrkdwn(text: string, max: number): Block {
  return { type: 'mrkdwn', text: cutSlack(text, max), verbatim: true };
}

function buttons({ url, acknowledgeUrl }: Card): readonly Block[] {
  const elements = [
    ...(acknowledgeUrl === undefined ? [] : [{ ...button('Acknowledge', acknowledgeUrl), style: 'primary' }]),
    ...(url === undefined ? [] : [button('Open', url)]),
  ];
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function button(text: string, url: string): Block {
  return { type: 'button', text: { type: 'plain_text', text }, url, action_id: `open_${text.toLowerCase()}` };
}

function templateMessage(template: string, card: Card): Block | Unfit {
  const read = readMade(template);
  if ('unfit' in read) return read;
  if ('text' in read) return textMessage(writeMarked(read.text, escapeSlack).trim(), card);
  const written = writeTexts(read.json, write);
  if ('unfit' in written) return written;
  const message = Array.isArray(written.json) ? { blocks: written.json } : written.json;
  if (!isRecord(message)) return { unfit: 'the template gives no blocks' };
  return checked(message as Block, card);
}

/** A template that is text is mrkdwn as its author wrote it. */
function textMessage(text: string, card: Card): Block | Unfit {
  if (text === '') return { unfit: 'the template gives no text' };
  const shown = cutSlack(text, MAX.section);
  const more = acknowledgeOf(shown, card);
  if (more.length === 0) return { text: shown };
  return { text: shown, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: shown } }, ...more] };
}

function write(text: string, { name, around }: TextMember): string | Unfit {
  if (/(?:^|_)(?:url|link)$/.test(name)) return writeUrl(text, name);
  const { type } = around;
  // What stands in a rich text, and in the members that steer, is taken as it is.
  const isText = type === 'mrkdwn' || type === 'plain_text' || type === 'markdown' || type === undefined;
  return writeMarked(text, isText ? escapeSlack : (value) => value);
}

function checked(message: Block, card: Card): Block | Unfit {
  const other = Object.keys(message).find((name) => !MEMBERS.includes(name));
  if (other !== undefined) {
    return { unfit: `the template says "${other.slice(0, 100)}"; it may say ${MEMBERS.join(', ')}` };
  }
  const { text, blocks } = message;
  if (text !== undefined && typeof text !== 'string') return { unfit: 'the template gives a text that is none' };
  if (blocks === undefined) {
    if (text === undefined && message.attachments === undefined) {
      return { unfit: 'the template gives neither text nor blocks' };
    }
    return message;
  }
  if (!Array.isArray(blocks) || !blocks.every((one) => isRecord(one) && typeof one.type === 'string')) {
    return { unfit: 'the template gives blocks that are no list of objects with a type' };
  }
  const all = [...blocks.map((block) => fitted(block as Block)), ...acknowledgeOf(blocks, card)];
  if (all.length === 0) return { unfit: 'the template gives no blocks' };
  if (all.length > MAX.blocks) return { unfit: `the template gives ${all.length} blocks; Slack takes ${MAX.blocks}` };
  return { ...message, text: typeof text === 'string' ? text : fallback(card), blocks: all };
}

/** A value that is too long is cut, since Slack refuses the whole message over it. */
function fitted(block: Block): Block {
  const max = block.type === 'header' ? MAX.header : MAX.section;
  const { text, fields } = block;
  return {
    ...block,
    ...(isRecord(text) && { text: cutText(text as Block, max) }),
    ...(Array.isArray(fields) && {
      fields: fields.map((field) => (isRecord(field) ? cutText(field, MAX.field) : field)),
    }),
  };
}

function cutText(object: Block, max: number): Block {
  const { text } = object;
  return typeof text === 'string' ? { ...object, text: cutSlack(text, max) } : object;
}

/** The button to acknowledge, where the template has no such link of its own. */
function acknowledgeOf(made: Json, { acknowledgeUrl }: Card): readonly Block[] {
  if (acknowledgeUrl === undefined || holds(made, acknowledgeUrl) || holds(made, escapeSlack(acknowledgeUrl)))
    return [];
  return buttons({ subject: '', facts: [], acknowledgeUrl });
}
