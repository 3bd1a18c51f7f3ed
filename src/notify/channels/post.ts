/**
 * One post to a channel: made, sent by the guarded fetch, judged. All that comes back is bounded and without the channel's own
 * secrets, so that it can be stored and shown.
 */

import type { GuardedFetch } from '../../base/net/guarded-fetch.ts';
import type { Clock } from '../../core/clock.ts';
import { createCut } from '../../core/known-secrets.ts';
import type { Json } from '../../core/message.ts';
import { shown } from '../../core/shown.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { cardOf } from './card.ts';
import type { Notice, PostAnswer, PostedType, Poster, PostOutcome, PostResult } from './channel.ts';
import { type TemplateDeps, templateText } from './template.ts';
import { channelSecrets, type PostSettings, posters } from './types.ts';
import { variablesOf } from './variables.ts';

/** What is to be posted, and where. */
export interface ChannelDelivery {
  readonly tenant: Pick<Tenant, 'id' | 'slug' | 'settings'>;
  readonly settings: PostSettings;
  /** The same on every try; a webhook is told it. */
  readonly id: string;
  readonly notice: Notice;
  /** Of the card, where no template is named. */
  readonly subject?: string | undefined;
  readonly text?: string | undefined;
  /** Name of a stored template. */
  readonly template?: string | undefined;
  readonly locale?: string | undefined;
  /** What a template sees besides, such as the items of a digest. */
  readonly variables?: Readonly<Record<string, Json>> | undefined;
  readonly acknowledgeUrl?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Channels {
  post(delivery: ChannelDelivery): Promise<PostResult>;
}

export interface ChannelsDeps extends TemplateDeps {
  readonly fetch: GuardedFetch;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** Read at each use. */
export interface ChannelsOptions {
  readonly timeoutMs: number;
}

const ANSWER_BYTES = 8 * 1024;
const MAX_REASON = 300;

export function createChannels(deps: ChannelsDeps, options: ChannelsOptions): Channels {
  const { clock } = deps;

  return {
    async post(delivery) {
      const { settings, subject, text, acknowledgeUrl, notice } = delivery;
      const started = clock.monotonic();
      const cut = cutOf(settings);
      const posted = (
        outcome: PostOutcome,
        { isAsked, status }: { isAsked: boolean; status?: number },
      ): PostResult => ({
        outcome: 'reason' in outcome ? { ...outcome, reason: shown(cut(outcome.reason), MAX_REASON) } : outcome,
        durationMs: Math.round(clock.monotonic() - started),
        isAsked,
        ...(status !== undefined && { status }),
      });

      const made = await templateOf(delivery);
      if (made !== undefined && 'kind' in made) return posted(made, { isAsked: false });
      const card = cardOf({ ...notice, subject, text, acknowledgeUrl });
      const poster = posters[settings.type] as Poster<PostSettings>;
      const payload = poster.payload({ card, notice, ...(made && { template: made.text }) }, settings);
      if ('unfit' in payload) return posted({ kind: 'rejected', reason: payload.unfit }, { isAsked: false });
      const answer = await ask(delivery, poster, payload.body);
      if ('kind' in answer) return posted(answer, { isAsked: true });
      return posted(poster.outcome({ ...answer, body: cut(answer.body) }), { isAsked: true, status: answer.status });
    },
  };

  async function templateOf(delivery: ChannelDelivery) {
    const { template, tenant, locale, acknowledgeUrl } = delivery;
    if (template === undefined) return undefined;
    const wanted = { tenant, name: template, variables: variablesOf(delivery), locale, acknowledgeUrl };
    return templateText(deps, wanted);
  }

  async function ask(
    { id, settings, signal }: ChannelDelivery,
    poster: Poster<PostSettings>,
    body: string,
  ): Promise<PostAnswer | PostOutcome> {
    const { url, headers } = poster.request(settings, body, { id, at: clock.now() });
    const answer = await deps.fetch(url, {
      ...{ method: 'POST', headers: { ...headers, 'user-agent': 'IEP-Notifications' }, body },
      ...{ timeoutMs: options.timeoutMs, maxBytes: ANSWER_BYTES, ...(signal && { signal }) },
    });
    if (answer.kind === 'refused') return { kind: 'rejected', reason: `it cannot be posted to: ${answer.reason}` };
    if (answer.kind === 'failed') return { kind: 'deferred', reason: answer.reason };
    const { status, headers: said } = answer;
    return { status, headers: said, body: Buffer.from(answer.body).toString('utf8'), at: clock.now() };
  }
}

/** So long a part of a URL's path is taken for a secret by itself. */
const MIN_SECRET_PART = 8;

function cutOf(settings: PostSettings): (text: string) => string {
  const names = channelSecrets[settings.type satisfies PostedType];
  const all = settings as unknown as Readonly<Record<string, unknown>>;
  const secrets = names.map((name) => all[name]).filter((value) => typeof value === 'string');
  return createCut({ secrets: [...secrets, ...secrets.flatMap(partsOf)] });
}

function partsOf(secret: string): readonly string[] {
  const url = URL.parse(secret);
  if (url === null || !/^https?:$/.test(url.protocol)) return [];
  const parts = [...url.pathname.split('/'), ...url.searchParams.values()];
  return [`${url.pathname}${url.search}`, ...parts].filter((part) => part.length >= MIN_SECRET_PART);
}
