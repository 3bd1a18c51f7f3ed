import { expect, it } from 'vitest';
import type { NewHit } from '../verbs/hits.ts';
import { judgeHit } from './hit.ts';

const READER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';
const SENT = 1_000_000;
const hit = (more: Partial<NewHit> = {}): NewHit => ({
  ...{ messageId: 'm', position: 0, kind: 'clicked', at: SENT + 60_000, userAgent: READER },
  ...more,
});

it.each<[what: string, more: Partial<NewHit>, sentAt: number | undefined, actor: string, rule: string]>([
  ['a reader', {}, SENT, 'human', 'no_sign_of_a_machine'],
  ['one who says nothing', { userAgent: undefined } as never, SENT, 'unknown', 'no_user_agent'],
  ['the decoy link', { isDecoy: true }, SENT, 'machine', 'decoy_link'],
  ['HEAD', { isHead: true }, SENT, 'machine', 'head'],
  ['just before two seconds', { at: SENT + 1_999 }, SENT, 'machine', 'too_soon'],
  ['after two seconds', { at: SENT + 2_000 }, SENT, 'human', 'no_sign_of_a_machine'],
  ['before anybody has the mail', {}, undefined, 'machine', 'too_soon'],
  ['two links at once', { linksAtOnce: 2 }, SENT, 'human', 'no_sign_of_a_machine'],
  ['three links at once', { linksAtOnce: 3 }, SENT, 'machine', 'many_links'],
  ['Apple', { userAgent: 'Mozilla/5.0' }, SENT, 'machine', 'apple_mail_privacy'],
  [
    'Gmail',
    { userAgent: 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)' },
    SENT,
    'machine',
    'gmail_image_proxy',
  ],
  ['Barracuda by its network', { ip: '209.222.82.7' }, SENT, 'machine', 'barracuda'],
  ['a neighbour of that network', { ip: '209.222.88.7' }, SENT, 'human', 'no_sign_of_a_machine'],
])('%s', (_what, more, sentAt, actor, rule) => {
  expect(judgeHit(hit(more), sentAt)).toEqual({ actor, rule });
});
