/** What a notification says, as the store keeps it and as its receivers see it. */

import type { Json, Lane, Submission } from '../core/message.ts';
import type { NotificationTypeSpec } from '../core/notification.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import { type Card, cardOf } from './channels/card.ts';
import type { Notice } from './channels/channel.ts';

export interface NotificationContent {
  readonly data: { readonly [name: string]: Json };
  readonly actor?: Json;
  readonly lane?: Lane;
  readonly door: Submission['door'];
  /** What its type is, where none of that name is stored. */
  readonly plainType?: NotificationTypeSpec;
  /** What its mail says in place of the text of its card, where no template makes it. */
  readonly mail?: { readonly body: string; readonly isHtml: boolean };
  /** By which its mail goes, for as long as the tenant may use it. */
  readonly provider?: string;
  /** What its caller calls it, to be shown again. */
  readonly asked?: {
    readonly recipientEmail?: string;
    readonly subject: string;
    readonly body: string;
    readonly jobRunId?: string | number;
  };
}

export interface Item {
  readonly files?: readonly {
    readonly filename: string;
    readonly size: number;
    /** It goes with the mail. */
    readonly isAttached: boolean;
    /** The tenant's mail may carry no such file any more. */
    readonly isRefused?: true;
  }[];
  readonly data: { readonly [name: string]: Json };
  /** Epoch ms. */
  readonly at: number;
}

/** What gathered in a window. */
export interface GatheredItems {
  readonly kind: 'group' | 'rate' | 'digest';
  /** The newest of them, oldest first. */
  readonly items: readonly Item[];
  /** All of them. */
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What is shown of a notification, or of all that gathered. */
export interface Shown {
  readonly notice: Notice;
  readonly subject?: string;
  readonly text?: string;
  /** What a template sees besides. */
  readonly variables: { readonly [name: string]: Json };
}

/** Items of a plain digest; templates have more. */
export const LISTED = 20;

/** Of one that waited alone it is what it would have been. */
export function shownOf(notice: Notice, gathered: GatheredItems | undefined): Shown {
  if (gathered === undefined) return { notice, variables: {} };
  const { items, count, firstAt, lastAt, kind } = gathered;
  const cards = items.map(({ data }) => cardOf({ type: notice.type, data }));
  const variables = {
    items: items.map(({ data, at, files = [] }, n) => ({
      ...{ ...shortOf(cards[n]), data: { ...data }, at: rfc3339(at) },
      ...(files.length > 0 && { files: files.map((file) => ({ ...file })) }),
    })),
    ...{ count, first: rfc3339(firstAt), last: rfc3339(lastAt) },
  };
  const last = cards.at(-1);
  if (count === 1 || last === undefined) return { notice, variables };
  const subject = kind === 'group' ? `${last.subject} … and ${count} more` : `${count} notifications: ${last.subject}`;
  const listed = items.slice(-LISTED).map((item, n) => lineOf(cards.slice(-LISTED)[n] ?? last, item));
  const more = count - listed.length;
  const text = [...(more > 0 ? [`… and ${more} more before these`] : []), ...listed].join('\n');
  return { notice: { ...notice, data: variables }, subject, text, variables };
}

function shortOf(card: Card | undefined): { [name: string]: Json } {
  const { subject = '', text, url } = card ?? {};
  return { title: subject, ...(text !== undefined && { text }), ...(url !== undefined && { url }) };
}

function lineOf({ subject, text }: Card, { at, files = [] }: Item): string {
  const time = rfc3339(at).slice(0, 16).replace('T', ' ');
  const named = files.map(({ filename, size, isAttached, isRefused }) => {
    if (isAttached) return filename;
    const why = isRefused ? 'not attached: no mail may carry it any more' : 'not attached';
    return `${filename} (${Math.ceil(size / 1024).toLocaleString('en')} KiB, ${why})`;
  });
  const below = named.length === 0 ? '' : `\n    Files: ${named.join(', ')}`;
  return `${time} UTC  ${subject}${text === undefined ? '' : `: ${text.split('\n')[0]}`}${below}`;
}
