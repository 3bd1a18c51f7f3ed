/** A template as calls, files and manifests say it, checked and brought into the one form that the store compares versions in. */

import * as z from 'zod';
import { LOCALE_NAME } from '../core/locale-name.ts';
import type { Json } from '../core/message.ts';
import {
  TEMPLATE_NAME,
  type TemplateContent,
  type TemplateDefinition,
  templateKinds,
  templateSyntaxes,
  variableTypes,
} from '../core/template.ts';

const MAX_SOURCE = 512 * 1024;
const MAX_SUBJECT = 2_000;
const MAX_LOCALES = 50;
const MAX_VARIABLES = 200;
/** Characters of JSON of all of them, with their examples. */
const MAX_VARIABLES_JSON = 256 * 1024;
/** Characters of all texts together. */
const MAX_ALL = 1024 * 1024;

/** What no mail says, and some readers of templates end at. */
const UNSEEN = /[^\P{Cc}\t-\r\u0080-\u009f]/u;
const isText = (text: string) => !UNSEEN.test(text) && text.isWellFormed();
const NO_TEXT = 'must hold no control characters but tabs and line breaks';
const source = z.string().max(MAX_SOURCE, `must have at most ${MAX_SOURCE} characters`).refine(isText, NO_TEXT);
const line = z.string().max(MAX_SUBJECT).refine(isText, NO_TEXT);
const subject = line.optional();

const content = {
  subject: subject.describe('May use variables. Layouts and partials have none.'),
  html: source.optional(),
  text: source.optional().describe('Made from the HTML where it is left out.'),
  preheader: line.optional().describe('What a mailbox shows after the subject.'),
};

/** What JSON holds; null where it is absent. */
const jsonOrNull = z.unknown().optional();

const variable = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must begin with a letter, and hold letters, digits and _'),
  type: z.enum(variableTypes).default('string'),
  required: z.boolean().default(false),
  default: jsonOrNull.describe('What it is where a message gives none.'),
  description: z.string().max(1_000).optional(),
  example: jsonOrNull.describe('What previews show.'),
  raw: z.boolean().optional().describe('May be printed as HTML that is not escaped.'),
});

export const templateName = z
  .string()
  .regex(TEMPLATE_NAME, 'must begin with a small letter or a digit, and hold small letters, digits, `.`, `_` and `-`');
export const localeName = z.string().regex(LOCALE_NAME, 'must be a language such as `de` or `fr-CA`');

/** All of a template but its name. */
export const templateFields = {
  kind: z.enum(templateKinds).default('template'),
  syntax: z.enum(templateSyntaxes).default('handlebars'),
  category: z.string().min(1).max(255).optional(),
  description: z.string().max(2_000).optional(),
  layout: templateName.optional().describe('Name of the layout around it.'),
  mjml: z.boolean().optional().describe('`html` is MJML.'),
  ...content,
  variables: z
    .array(variable)
    .max(MAX_VARIABLES)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names one of them twice')
    .refine(
      (all) => JSON.stringify(all).length <= MAX_VARIABLES_JSON,
      `must be at most ${MAX_VARIABLES_JSON} characters of JSON`,
    )
    .default([]),
  locales: z
    .record(localeName, z.strictObject(content))
    .refine((all) => Object.keys(all).length <= MAX_LOCALES, `may have ${MAX_LOCALES} languages`)
    .default({}),
};

const whole = z.strictObject({ name: templateName, ...templateFields });
export const templateBody = whole.refine(hasRoom, `has more than ${MAX_ALL} characters`);

type TemplateSaid = z.output<typeof whole>;

export function hasRoom({ html, text, locales }: Pick<TemplateSaid, 'html' | 'text' | 'locales'>): boolean {
  const lengthOf = (one: Pick<TemplateSaid, 'html' | 'text'>) => (one.html?.length ?? 0) + (one.text?.length ?? 0);
  return [{ html, text }, ...Object.values(locales)].reduce((sum, one) => sum + lengthOf(one), 0) <= MAX_ALL;
}

/** Members in one order, and none that says nothing, so that the same template is the same text. */
export function toDefinition(said: TemplateSaid): TemplateDefinition {
  const { name, kind, syntax, category, description, layout, mjml, variables, locales } = said;
  const inOrder = Object.entries(locales).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return {
    ...{ name, kind, syntax },
    ...(category !== undefined && { category }),
    ...(description !== undefined && { description }),
    ...(layout !== undefined && { layout }),
    ...(mjml === true && { mjml }),
    ...contentOf(said),
    variables: variables.map(({ default: standard, description: about, example, raw, ...variable }) => ({
      ...variable,
      ...(standard !== undefined && standard !== null && { default: standard as Json }),
      ...(about !== undefined && { description: about }),
      ...(example !== undefined && example !== null && { example: example as Json }),
      ...(raw === true && { raw }),
    })),
    locales: Object.fromEntries(inOrder.map(([locale, one]) => [locale, contentOf(one)])),
  };
}

function contentOf({ subject, html, text, preheader }: z.output<z.ZodObject<typeof content>>): TemplateContent {
  return {
    ...(subject !== undefined && { subject }),
    ...(html !== undefined && { html }),
    ...(text !== undefined && { text }),
    ...(preheader !== undefined && { preheader }),
  };
}
