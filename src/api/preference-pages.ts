/** The preference centre: the page behind the link by which a subscriber says what they want to be told, where and when. */

import { isId, madeAt } from '../core/ids.ts';
import type { ChannelType } from '../core/notification.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { PREFERENCES } from '../manage/own-links.ts';
import { preferencesSchema } from '../manage/preference-fields.ts';
import type { Decidable } from '../manage/preference-pages.ts';
import type { AppDeps } from './deps.ts';
import type { Form } from './form-body.ts';
import { linkPage, pageOwnerOf } from './own-pages.ts';
import { type CentreState, type Choices, fieldNames, preferencesIn } from './preference-form.ts';
import { preferencePage } from './preference-view.ts';
import type { Route } from './route.ts';

type PageDeps = Pick<AppDeps, 'directory' | 'linkTokens' | 'manage'>;

/** So far may the clocks of two nodes be apart. */
const SKEW_MS = 60_000;

interface Named {
  readonly tenant: Tenant;
  readonly found: Decidable;
}

export function preferencePageRoutes({ directory, linkTokens, manage }: PageDeps): readonly Route[] {
  const { preferencePages } = manage;

  async function namedBy(token: string): Promise<Named | undefined> {
    const read = await linkTokens.reader();
    const [tenantId, id, messageId = ''] = read(PREFERENCES, token) ?? [];
    if (tenantId === undefined || id === undefined || !isId(messageId)) return undefined;
    const tenant = await directory.byId(tenantId);
    const found = tenant && (await preferencePages.of({ tenantId, id }));
    // Of one who was removed: somebody else has the id now.
    if (found && found.subscriber.createdAt > madeAt(messageId) + SKEW_MS) return undefined;
    return tenant && found && { tenant, found };
  }

  return linkPage({
    path: '/p/:token',
    opens: 'What a subscriber wants to be told, where and when',
    submits: 'Save what a subscriber wants, as the page asks',
    answers: { 400: { description: 'A field is wrong, and nothing is saved', type: 'text/html' } },
    namedBy,
    localeOf: ({ found }) => found.subscriber.locale,
    show: (named, words) => preferencePage({ ...shownOf(named), words }),
    async submit({ named, form, words, token, callerOf }) {
      if (form.get('action') !== 'save') return preferencePage({ ...shownOf(named), words });
      const { tenant, found } = named;
      const deciding = decidingOf(found);
      const read = preferencesSchema.safeParse(preferencesIn(deciding, form));
      if (!read.success) return preferencePage({ ...shownOf(named), words, outcome: 'wrong' });
      const mail = mailWanted(deciding.choices, form);
      await preferencePages.save(callerOf(found.subscriber.id), {
        tenant,
        before: found,
        preferences: read.data,
        mail,
      });
      const after = await namedBy(token);
      return after && preferencePage({ ...shownOf(after), words, outcome: 'saved' });
    },
  });
}

function shownOf({ tenant, found }: Named) {
  const { email, name, id, timezone } = found.subscriber;
  return { owner: pageOwnerOf(tenant), deciding: decidingOf(found), who: name ?? email ?? id, timezone };
}

function decidingOf({ subscriber, types, preferences, unsubscribed }: Decidable): CentreState {
  const { email, channels = {} } = subscriber;
  const reached: ChannelType[] = [
    ...(email === undefined ? [] : (['email'] as const)),
    ...(['slack', 'teams', 'webhook'] as const).filter((channel) => channels[channel] !== undefined),
  ];
  const named = [...types.map(({ category }) => category), ...unsubscribed.filter((category) => category !== '')];
  const categories = [...new Set(named)].sort().map((name) => ({
    name,
    types: types.filter(({ category }) => category === name).map((type) => type.name),
  }));
  return { choices: { channels: reached, categories }, before: preferences, unsubscribed };
}

/** By category, of those that the form showed, whether its mail is wanted; and all mail. */
function mailWanted({ channels, categories }: Choices, form: Form): ReadonlyMap<string, boolean> {
  if (!channels.includes('email')) return new Map();
  const shown = new Set(form.getAll(fieldNames.shown));
  return new Map([
    ['', form.has(fieldNames.on) && form.has(fieldNames.onBy('email'))],
    ...categories
      .filter(({ name }) => shown.has(name))
      .map(({ name }) => {
        const isWanted = form.has(fieldNames.category(name)) && form.has(fieldNames.categoryBy(name, 'email'));
        return [name, isWanted] as const;
      }),
  ]);
}
