/** The mail that a notification is: made with a stored template, or plain text. It goes the way of all mail (`message/intake/accept.ts`). */

import type { Json, Mailbox, Submission } from '../../../core/message.ts';
import type { Tenant } from '../../../db/verbs/tenants.ts';
import type { Card } from '../card.ts';
import type { Notice, Unfit } from '../channel.ts';
import { variablesOf } from '../variables.ts';

export interface EmailContent {
  readonly card: Card;
  /** In place of the text of the card. */
  readonly mail?: { readonly body: string; readonly isHtml: boolean } | undefined;
  readonly notice: Notice;
  /** Name of a stored template. */
  readonly template?: string | undefined;
  readonly locale?: string | undefined;
  /** What a template sees besides, such as the items of a digest. */
  readonly variables?: Readonly<Record<string, Json>> | undefined;
}

export function emailSubmission(
  tenant: Pick<Tenant, 'settings'>,
  { to, door, ...content }: EmailContent & { readonly to: readonly Mailbox[]; readonly door: Submission['door'] },
): Submission | Unfit {
  const { defaultFrom } = tenant.settings;
  if (defaultFrom === undefined) return { unfit: 'the tenant has no default sender' };
  const { email, name } = defaultFrom;
  const { template, locale } = content;
  return {
    ...{ door, from: { email, ...(name !== undefined && { name }) }, to },
    ...(template === undefined
      ? { subject: content.card.subject, content: { kind: 'parts', ...plainBody(content) } }
      : {
          subject: '',
          content: {
            kind: 'parts',
            template: { name: template, ...(locale !== undefined && { locale }) },
            variables: variablesOf(content),
          },
        }),
  };
}

function plainBody({ card, mail }: EmailContent): { readonly html: string } | { readonly text: string } {
  if (mail?.isHtml === true) return { html: mail.body };
  return { text: plainMail(mail === undefined || mail.body === '' ? card : { ...card, text: mail.body }) };
}

function plainMail({ subject, text, facts, log, url, acknowledgeUrl }: Card): string {
  const width = Math.max(0, ...facts.map(({ name }) => name.length));
  const parts = [
    text ?? (facts.length === 0 ? subject : undefined),
    facts.map(({ name, value }) => `${`${name}:`.padEnd(width + 2)}${value}`).join('\n'),
    log,
    url,
    acknowledgeUrl && `Acknowledge it: ${acknowledgeUrl}`,
  ];
  return `${parts.filter((part) => part !== undefined && part !== '').join('\n\n')}\n`;
}
