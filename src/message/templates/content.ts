/** Which content a template has in a locale. */

import type { TemplateContent, TemplateDefinition } from '../../core/template.ts';

export const fields = ['subject', 'preheader', 'html', 'text'] as const;
export type ContentField = (typeof fields)[number];

/** A source, and how faults call it. */
export interface NamedSource {
  readonly source: string;
  readonly path: string;
}

/**
 * Of `fr-CA`: that of `fr-CA`, then of `fr`, then the template's own. HTML, text and preheader come from one of them, so that the
 * parts of a mail never speak two languages.
 */
export function contentIn(
  definition: TemplateDefinition,
  locale: string | undefined,
): Partial<Record<ContentField, NamedSource>> {
  const candidates = [
    ...localesOf(definition, locale).map((name) => ({
      content: definition.locales[name] ?? {},
      prefix: `locales.${name}.`,
    })),
    { content: definition, prefix: '' },
  ];
  const subject = candidates.find(({ content }) => content.subject !== undefined);
  const body = candidates.find(({ content }) => content.html !== undefined || content.text !== undefined);
  return {
    ...(subject && pick(subject, 'subject')),
    ...(body && { ...pick(body, 'preheader'), ...pick(body, 'html'), ...pick(body, 'text') }),
  };
}

function pick(
  { content, prefix }: { readonly content: TemplateContent; readonly prefix: string },
  field: ContentField,
): Partial<Record<ContentField, NamedSource>> {
  const source = content[field];
  return source === undefined ? {} : { [field]: { source, path: `${prefix}${field}` } };
}

/** The names of `locales` that hold for a locale, best first; `_` and `-` are the same, and so are the cases of letters. */
function localesOf({ locales }: TemplateDefinition, locale = ''): readonly string[] {
  const names = new Map(Object.keys(locales).map((name) => [plain(name), name]));
  const parts = plain(locale).split('-');
  return parts.flatMap((_part, at) => names.get(parts.slice(0, parts.length - at).join('-')) ?? []);
}

function plain(locale: string): string {
  return locale.replaceAll('_', '-').toLowerCase();
}
