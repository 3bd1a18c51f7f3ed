/** What the pages that recipients open from a mail have in common. */

import type { Tenant } from '../db/verbs/tenants.ts';
import type { Caller } from '../manage/audit/caller.ts';
import { type Form, formBody, readForm } from './form-body.ts';
import { html } from './pages/html.ts';
import { wordsFor } from './pages/language.ts';
import { type PageOwner, pageReply } from './pages/page.ts';
import type { Words } from './pages/words.ts';
import type { Reply } from './reply.ts';
import { type Answers, publicForm, publicPage, type Route } from './route.ts';

interface LinkPage<Named> {
  /** With `:token`. */
  readonly path: string;
  readonly opens: string;
  readonly submits: string;
  readonly answers?: Answers;
  /** Undefined: the link means nothing here. */
  readonly namedBy: (token: string) => Promise<Named | undefined>;
  /** The language of the reader, where the page knows it better than the browser. */
  readonly localeOf?: (named: Named) => string | undefined;
  readonly show: (named: Named, words: Words) => Reply | Promise<Reply>;
  /** What the form asks for is done; answers the page as it is then, undefined where the link means nothing any more. */
  readonly submit: (input: {
    named: Named;
    form: Form;
    words: Words;
    token: string;
    callerOf: (who: string) => Caller;
  }) => Promise<Reply | undefined>;
}

/** The page behind a link: to open it changes nothing, because programs open links; its form does. */
export function linkPage<Named extends { readonly tenant: Tenant }>(page: LinkPage<Named>): readonly Route[] {
  const { path, namedBy, localeOf = () => undefined } = page;
  const wordsOf = (named: Named, language: string | undefined) =>
    wordsFor(localeOf(named), language, named.tenant.settings.locale);
  const answers = {
    200: { description: 'The page', type: 'text/html' },
    404: { description: 'The link names nothing here', type: 'text/html' },
    ...page.answers,
  };
  return [
    publicPage({
      method: 'GET',
      path,
      summary: page.opens,
      answers,
      async handle({ param, header }) {
        const named = await namedBy(param('token'));
        const language = header('accept-language');
        return named === undefined ? gonePage(language) : page.show(named, wordsOf(named, language));
      },
    }),
    publicForm({
      method: 'POST',
      path,
      summary: page.submits,
      body: formBody,
      answers,
      async handle({ param, header, body, note, request, requestId }) {
        const [token, language] = [param('token'), header('accept-language')];
        const named = await namedBy(token);
        if (named === undefined) return gonePage(language);
        note({ tenant: named.tenant.slug });
        const form = await readForm(body, header('content-type'));
        // What was asked for holds the link.
        const callerOf = (id: string): Caller => ({
          ...{ actor: { kind: 'recipient', id }, source: request.source, requestId, asked: {} },
        });
        return (
          (await page.submit({ named, form, words: wordsOf(named, language), token, callerOf })) ?? gonePage(language)
        );
      },
    }),
  ];
}

/** For a link that means nothing here. */
function gonePage(language: string | undefined): Reply {
  const words = wordsFor(language);
  return pageReply({ words, title: words.gone.title, content: html`<p>${words.gone.text}</p>`, status: 404 });
}

export function pageOwnerOf({ name, settings: { branding = {} } }: Tenant): PageOwner {
  return { name: branding.company ?? name, branding };
}
