/**
 * What Slack documents of messages, as a strict schema: docs.slack.dev/reference/block-kit (blocks, block elements and composition
 * objects) and docs.slack.dev/reference/methods/chat.postMessage, read 2026-11-30. It has what cards are made of, and no more.
 */

import * as z from 'zod';

const plainText = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max), verbatim: z.boolean().optional() });
const text = (max: number) => z.discriminatedUnion('type', [plainText(max), mrkdwn(max)]);
const blockId = z.string().max(255).optional();
const url = z.url({ protocol: /^https?$/ }).max(3_000);

const button = z.strictObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: z.string().min(1).max(255),
  url: url.optional(),
  value: z.string().max(2_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
});

const image = z.strictObject({
  type: z.literal('image'),
  image_url: url,
  alt_text: z.string().max(2_000),
  block_id: blockId,
});

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText(150), block_id: blockId }),
  z.strictObject({ type: z.literal('divider'), block_id: blockId }),
  z
    .strictObject({
      type: z.literal('section'),
      text: text(3_000).optional(),
      fields: z.array(text(2_000)).min(1).max(10).optional(),
      accessory: z.union([button, image]).optional(),
      block_id: blockId,
    })
    .refine(({ text: own, fields }) => own !== undefined || fields !== undefined, 'has text or fields'),
  z.strictObject({
    type: z.literal('actions'),
    elements: z
      .array(button)
      .min(1)
      .max(25)
      .refine((all) => new Set(all.map((one) => one.action_id)).size === all.length, 'action_id is unique'),
    block_id: blockId,
  }),
  z.strictObject({
    type: z.literal('context'),
    elements: z.array(text(2_000)).min(1).max(10),
    block_id: blockId,
  }),
  image,
]);

/** Slack refuses more with `msg_blocks_too_long`; where it begins is not documented (github.com/slackapi/bolt-js/issues/2509). */
const MOST_CHARACTERS = 13_000;

const message = {
  text: z.string().max(40_000).optional(),
  blocks: z
    .array(block)
    .min(1)
    .max(50)
    .refine((all) => JSON.stringify(all).length <= MOST_CHARACTERS, 'is too long')
    .optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
  mrkdwn: z.boolean().optional(),
};
const hasContent = (said: { text?: unknown; blocks?: unknown }) => said.text !== undefined || said.blocks !== undefined;

/** The body of a post to an incoming webhook. */
export const webhookMessage = z.strictObject(message).refine(hasContent, 'no_text');
/** The body of chat.postMessage. */
export const apiMessage = z.strictObject({ channel: z.string().min(1), ...message }).refine(hasContent, 'no_text');

/** What is not escaped as "Formatting text for app surfaces" asks: a mention, or a link that no one wrote. */
export function mentionsIn(body: string): readonly string[] {
  return body.match(/<[!@#][^>]*>/g) ?? [];
}
