/** What channels have in common: what is posted, how it ends, and what a type of channel says of itself. */

import type { Json } from '../../core/message.ts';
import type { ChannelType } from '../../core/notification.ts';
import type { Card } from './card.ts';

/** Those that are posted to; mail goes the way of all mail. */
export type PostedType = Exclude<ChannelType, 'email'>;

/** How a post ended. Reasons are sentences without secrets. */
export type PostOutcome =
  /** `id`: what the other side calls it, where it says. */
  | { readonly kind: 'delivered'; readonly id?: string }
  /** Worth another try; `retryAfterMs` where the other side says when. */
  | { readonly kind: 'deferred'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'rejected'; readonly reason: string };

export interface PostResult {
  readonly outcome: PostOutcome;
  readonly durationMs: number;
  /** False where nothing was posted, as it could not be made. */
  readonly isAsked: boolean;
  /** HTTP status; absent where no answer came. */
  readonly status?: number;
}

/** What happened, as the receiver of a webhook hears it. */
export interface Notice {
  readonly notificationId: string;
  /** Of the notification, such as `job.failed`. */
  readonly type: string;
  /** Epoch ms. */
  readonly at: number;
  readonly data: Readonly<Record<string, Json>>;
  readonly actor?: Json;
  readonly subscriber?: { readonly id: string; readonly name?: string };
}

/** What is posted: a plain card, or what a stored template gave, its values marked (`core/marked-text.ts`). */
export interface PostContent {
  readonly card: Card;
  readonly notice: Notice;
  readonly template?: string;
}

/** Why nothing can be posted. */
export interface Unfit {
  readonly unfit: string;
}

export type Payload = { readonly body: string } | Unfit;

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One post: `id` is the same on every try. */
export interface Try {
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
}

/** A type of channel that is posted to. */
export interface Poster<Settings> {
  payload(content: PostContent, settings: Settings): Payload;
  request(settings: Settings, body: string, once: Try): PostRequest;
  outcome(heard: PostAnswer): PostOutcome;
}

export interface PostAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Epoch ms. */
  readonly at: number;
}
