/** A template as it is edited: what the API takes, without what it only tells. */

import type { Calls, Template } from '../../api/types.ts';

export type Draft = Calls['POST /v1/templates/preview']['body']['template'];
export type DraftContent = NonNullable<Draft['locales']>[string];
export type Variable = NonNullable<Draft['variables']>[number];
export const contentFields = ['subject', 'preheader', 'html', 'text'] as const;
export type ContentField = (typeof contentFields)[number];

export function draftOf(template: Template): Draft {
  const { name, kind, syntax, category, description, layout, mjml, variables, locales } = template;
  return {
    ...{ name, kind, syntax },
    ...(category !== null && { category }),
    ...(description !== null && { description }),
    ...(layout !== null && { layout }),
    ...(mjml && { mjml }),
    ...contentOf(template),
    variables: variables.map(({ description: about, example, raw, default: standard, ...rest }) => ({
      ...rest,
      ...(about !== null && { description: about }),
      ...(example !== null && { example }),
      ...(standard !== null && { default: standard }),
      ...(raw && { raw }),
    })),
    locales: Object.fromEntries(Object.entries(locales).map(([locale, one]) => [locale, contentOf(one)])),
  };
}

function contentOf(content: Template['locales'][string]): DraftContent {
  return Object.fromEntries(
    contentFields.flatMap((field) => (content[field] === null ? [] : [[field, content[field]]])),
  ) as DraftContent;
}

/** The text of a field, in a language or in the template's own. */
export function textOf(draft: Draft, locale: string, field: ContentField): string {
  return (locale === '' ? draft[field] : draft.locales?.[locale]?.[field]) ?? '';
}

/** With another text; an empty one is none. */
export function withText(draft: Draft, locale: string, change: { field: ContentField; text: string }): Draft {
  const { field, text } = change;
  const set = <T extends DraftContent>(content: T): T => {
    const { [field]: _, ...rest } = content;
    return (text === '' ? rest : { ...rest, [field]: text }) as T;
  };
  if (locale === '') return set(draft);
  return { ...draft, locales: { ...draft.locales, [locale]: set(draft.locales?.[locale] ?? {}) } };
}
