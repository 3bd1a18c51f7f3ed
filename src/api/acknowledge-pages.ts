/**
 * The page behind the link by which somebody says that they see to a notification. To open it acknowledges nothing, because programs
 * open links. Its button does, and then nobody else is told.
 */

import { rfc3339 } from '../core/rfc3339.ts';
import type { Notification } from '../db/verbs/notifications.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { titleOf } from '../manage/notification-title.ts';
import type { AppDeps } from './deps.ts';
import { linkPage, pageOwnerOf } from './own-pages.ts';
import { buttons } from './pages/buttons.ts';
import { type Html, html } from './pages/html.ts';
import { pageReply } from './pages/page.ts';
import type { Words } from './pages/words.ts';
import type { Reply } from './reply.ts';
import type { Route } from './route.ts';

/** Who has the link is not known by name. */
const BY = 'the link';

interface Named {
  readonly tenant: Tenant;
  readonly notification: Notification;
}

export function acknowledgePageRoutes({ directory, manage }: Pick<AppDeps, 'directory' | 'manage'>): readonly Route[] {
  const { notifications } = manage;

  async function namedBy(token: string): Promise<Named | undefined> {
    const notification = await notifications.ofToken(token);
    const tenant = notification && (await directory.byId(notification.tenantId));
    return notification && tenant && { tenant, notification };
  }

  return linkPage({
    path: '/a/:token',
    opens: 'Ask whether somebody sees to a notification; to open it acknowledges nothing',
    submits: 'Acknowledge a notification, as the page asks',
    namedBy,
    show: shownPage,
    async submit({ named, form, words, token, callerOf }) {
      if (form.get('action') !== 'acknowledge') return shownPage(named, words);
      const { tenant, notification } = named;
      await notifications.acknowledgeByLink(callerOf(BY), { tenant, id: notification.id, by: BY });
      const after = await namedBy(token);
      return after && shownPage(after, words);
    },
  });
}

function shownPage({ tenant, notification }: Named, words: Words): Reply {
  const { acknowledge: say } = words;
  const { acknowledgedAt, acknowledgedBy, cancelledAt, createdAt } = notification;
  const about = html`<p><strong>${titleOf(notification)}</strong></p>
<p>${say.since} ${timeOf(createdAt)}</p>`;
  const page = { words, owner: pageOwnerOf(tenant) };
  if (acknowledgedAt !== undefined) {
    const by = acknowledgedBy === undefined || acknowledgedBy === BY ? undefined : say.by(acknowledgedBy);
    const content = html`<p role="status">${say.text} ${timeOf(acknowledgedAt)} ${by}</p>
${about}`;
    return pageReply({ ...page, title: say.done, content });
  }
  if (cancelledAt !== undefined) {
    return pageReply({ ...page, title: say.cancelled, content: html`${about}` });
  }
  return pageReply({ ...page, title: say.ask, content: html`${about}${buttons({ acknowledge: say.button })}` });
}

/** To the minute, in UTC: a page that runs nothing does not know where its reader is. */
function timeOf(at: number): Html {
  const time = rfc3339(at);
  return html`<time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
