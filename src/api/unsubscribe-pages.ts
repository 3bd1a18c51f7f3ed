/**
 * The page behind the link of a mail, by which its recipient turns off what it is. To open it changes nothing, because programs open
 * links; a button of it does, and that of mail clients (RFC 8058), who have neither cookies nor a key: the link is what proves.
 */

import type { Tenant } from '../db/verbs/tenants.ts';
import type { Caller } from '../manage/audit/caller.ts';
import { PREFERENCES, UNSUBSCRIBE } from '../manage/own-links.ts';
import type { AppDeps } from './deps.ts';
import type { Form } from './form-body.ts';
import { linkPage, pageOwnerOf } from './own-pages.ts';
import { buttons } from './pages/buttons.ts';
import { html } from './pages/html.ts';
import { pageReply } from './pages/page.ts';
import type { Words } from './pages/words.ts';
import type { Reply } from './reply.ts';
import type { Route } from './route.ts';

/** What a link names, and whose tenant is there. */
interface Named {
  readonly tenant: Tenant;
  readonly address: string;
  readonly category: string;
  readonly messageId: string;
  /** The id of their subscriber, or the address where it is nobody's. */
  readonly who: string;
  /** Path of all that their subscriber decides; absent of a bare address. */
  readonly preferences?: string | undefined;
}

type PageDeps = Pick<AppDeps, 'store' | 'linkTokens' | 'directory' | 'manage'>;

export function unsubscribePageRoutes(deps: PageDeps): readonly Route[] {
  const { store, linkTokens, directory, manage } = deps;

  async function namedBy(token: string): Promise<Named | undefined> {
    const read = await linkTokens.reader();
    const [tenantId, address, category, messageId, subscriber] = read(UNSUBSCRIBE, token) ?? [];
    const tenant = tenantId === undefined ? undefined : await directory.byId(tenantId);
    if (tenant === undefined || address === undefined || category === undefined || messageId === undefined)
      return undefined;
    const sign = subscriber === undefined ? undefined : await linkTokens.signer();
    const preferences = subscriber && sign && `/p/${sign(PREFERENCES, [tenant.id, subscriber, messageId])}`;
    return { tenant, address, category, messageId, who: subscriber ?? address, preferences };
  }

  async function isOff({ tenant, address, category }: Named): Promise<'category' | 'all' | undefined> {
    const off = await store.unsubscribes.of({ tenantId: tenant.id, emails: [address] });
    if (off.some((one) => one.category === '')) return 'all';
    return off.some((one) => one.category === category) ? 'category' : undefined;
  }

  /** `action`: what was chosen on the page; undefined where nothing was. */
  async function choose(
    caller: Caller,
    { tenant, address, category, messageId }: Named,
    fields: Form,
  ): Promise<boolean> {
    const meant = { tenant, email: address, category, messageId };
    const isOneClick = fields.get('List-Unsubscribe') === 'One-Click';
    const action = isOneClick ? 'category' : fields.get('action');
    if (action === 'category')
      await manage.unsubscribes.turnOff(caller, { ...meant, way: isOneClick ? 'one-click' : 'page' });
    else if (action === 'all') await manage.unsubscribes.turnOff(caller, { ...meant, category: '', way: 'page' });
    else if (action === 'again') await manage.unsubscribes.turnOn(caller, meant);
    else return false;
    return action === 'again';
  }

  return linkPage({
    path: '/u/:token',
    opens: 'Ask the recipient of a mail whether to unsubscribe; to open it changes nothing',
    submits: 'Unsubscribe with one click (RFC 8058), or as the page asks',
    namedBy,
    show: async (named, words) => shownPage(named, words, { off: await isOff(named), isBack: false }),
    async submit({ named, form, words, callerOf }) {
      const isBack = await choose(callerOf(named.who), named, form);
      return shownPage(named, words, { off: await isOff(named), isBack });
    },
  });
}

interface Standing {
  readonly off: 'category' | 'all' | undefined;
  /** It was turned on again just now. */
  readonly isBack: boolean;
}

function shownPage({ tenant, address, category, preferences }: Named, words: Words, { off, isBack }: Standing): Reply {
  const owner = pageOwnerOf(tenant);
  const { name: sender } = owner;
  const { unsubscribe: say } = words;
  const more = preferences && html`<p><a href="${preferences}">${say.preferences}</a></p>`;
  if (off !== undefined) {
    const what = off === 'all' ? say.allOff(address, sender) : say.off(address, category);
    const content = html`<p role="status">${what}</p>
<p>${say.still}</p>
${buttons({ again: say.again, ...(off === 'category' && { all: say.all }) })}${more}`;
    return pageReply({ words, owner, title: say.done, content });
  }
  const what = isBack ? say.isOn(address, category) : say.gets(address, category, sender);
  const content = html`<p${isBack ? html` role="status"` : undefined}>${what}</p>
${buttons({ category: say.category(category), all: say.all })}${more}`;
  return pageReply({ words, owner, title: isBack ? say.on : say.ask, content });
}
