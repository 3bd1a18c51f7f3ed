/** What the pages that recipients open from a mail have in common. */

import type { Tenant } from '../db/verbs/tenants.ts';
import { html } from './pages/html.ts';
import { type PageOwner, pageReply } from './pages/page.ts';
import { wordsFor } from './pages/words.ts';
import type { Reply } from './reply.ts';

/** For a link that means nothing here, whoever wrote it. */
export function gonePage(language: string | undefined): Reply {
  const words = wordsFor(language);
  return pageReply({ words, title: words.gone.title, content: html`<p>${words.gone.text}</p>`, status: 404 });
}

export function ownerOf({ name, settings: { branding = {} } }: Tenant): PageOwner {
  return { name: branding.company ?? name, branding };
}
