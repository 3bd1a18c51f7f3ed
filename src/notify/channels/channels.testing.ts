/** For tests of channels: contents to post, hostile ones among them, and channels that post to servers of this machine. */

import { createGuardedFetch } from '../../base/net/guarded-fetch.ts';
import { systemClock } from '../../core/clock.ts';
import type { TemplateDefinition } from '../../core/template.ts';
import { createTemplateEngine } from '../../message/render/template-engine.ts';
import { type Card, cardOf } from './card.ts';
import type { Notice, PostContent } from './channel.ts';
import { type Channels, createChannels } from './post.ts';

export const noticeAt = Date.UTC(2026, 10, 22, 9, 30);

export const notice: Notice = { notificationId: 'n1', type: 'job.failed', at: noticeAt, data: {} };

/** A job that failed, with all that a card shows. */
export const failedJob = {
  job: 'nightly-backup',
  ok: false,
  host: 'db-1',
  durationMs: 751_000,
  summary: 'The archive could not be written.\nSee https://wiki.example.com/backup?a=1&b=2 first.',
  log: 'dump started\nerror: remote disk: connection reset',
  url: 'https://ci.example.com/jobs/8812',
};

export const acknowledgeUrl = 'https://mail.example.com/a/abc.def';

/** What tries to be a mention, a link, Markdown, or the end of a string. */
export const hostile = '<!channel> <@U1> <https://evil.example|ok> [a](https://evil.example) *b* "},{"x":"\\ `c` &amp;';

export function contentOf(more: Partial<Card> = {}, template?: string): PostContent {
  const card = { ...cardOf({ ...notice, data: failedJob, acknowledgeUrl }), ...more };
  return { card, notice: { ...notice, data: failedJob }, ...(template !== undefined && { template }) };
}

export const longest: Partial<Card> = {
  subject: '<'.repeat(250),
  text: '&\n'.repeat(3_000),
  facts: Array.from({ length: 10 }, () => ({ name: '<'.repeat(60), value: '漢'.repeat(300) })),
  log: '漢\n'.repeat(1_000),
};

export const noticeTenant = { id: 't1', slug: 'acme', settings: {} };

/** `templates`: those of the tenant. */
export function createTestChannels(
  templates: readonly Pick<TemplateDefinition, 'name' | 'text'>[] = [],
  timeoutMs = 60_000,
): Channels {
  const definitions = templates.map(
    (one): TemplateDefinition => ({ kind: 'template', syntax: 'handlebars', variables: [], locales: {}, ...one }),
  );
  return createChannels(
    {
      fetch: createGuardedFetch({}, { allowNetworks: ['127.0.0.0/8'] }),
      store: {
        templates: {
          resolve: async ({ name }) => {
            const definition = definitions.find((one) => one.name === name);
            return definition && { definition, library: [], version: 1, shared: false };
          },
        },
      },
      templateEngine: createTemplateEngine(),
      clock: systemClock,
    },
    { timeoutMs },
  );
}
