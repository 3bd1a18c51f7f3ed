/** The JSON that calls of templates answer with: what /openapi.json documents, and how it is made of what the store has. */

import * as z from 'zod';
import { rfc3339 } from '../core/rfc3339.ts';
import { type TemplatePreview, templateKinds, templateSyntaxes, variableTypes } from '../core/template.ts';
import type { StoredTemplate, TemplateRow, VersionRow } from '../db/verbs/templates.ts';
import type { FoundFault } from '../manage/template-check.ts';
import { textOrNull, time } from './shapes.ts';

export const templateRowShape = z.strictObject({
  name: z.string(),
  kind: z.enum(templateKinds),
  syntax: z.enum(templateSyntaxes),
  category: textOrNull,
  description: textOrNull,
  shared: z.boolean().describe('Of the operator, for every tenant that has none of this name'),
  published: z.int().nullable().describe('The version that messages are made with'),
  latest: z.int().describe('The last version that was made'),
  createdAt: time,
  updatedAt: time,
});

const content = { subject: textOrNull, html: textOrNull, text: textOrNull, preheader: textOrNull };

export const templateShape = templateRowShape.extend({
  version: z.int(),
  versionCreatedAt: time,
  layout: textOrNull,
  mjml: z.boolean(),
  ...content,
  variables: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(variableTypes),
      required: z.boolean(),
      default: z.unknown(),
      description: textOrNull,
      example: z.unknown(),
      raw: z.boolean(),
    }),
  ),
  locales: z.record(z.string(), z.strictObject(content)),
});

export const templateVersionShape = z.strictObject({ version: z.int(), createdAt: time, published: z.boolean() });

export const templatePreviewShape = z.strictObject({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string(), line: z.int().optional() })),
  sizeBytes: z.int().describe('Of the HTML'),
  frame: z.string().optional().describe('Path of its HTML, for a frame; where it was asked for'),
});

export const templateFaultsShape = z.strictObject({
  faults: z.array(
    z.strictObject({
      template: z.string().describe('Of those given, or one that is made with one of them'),
      path: z.string().describe('Such as `html`, `locales.de.subject`; empty for the whole'),
      message: z.string(),
      line: z.int().optional(),
      column: z.int().optional(),
    }),
  ),
});

type FaultView = z.output<typeof templateFaultsShape>['faults'][number];

export function templateFaultView({ template, path, message, line, column }: FoundFault): FaultView {
  return {
    ...{ template, path, message },
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  };
}

export function templateRowView(row: TemplateRow): z.output<typeof templateRowShape> {
  return {
    name: row.name,
    kind: row.kind,
    syntax: row.syntax,
    category: row.category ?? null,
    description: row.description ?? null,
    shared: row.shared,
    published: row.published ?? null,
    latest: row.latest,
    createdAt: rfc3339(row.createdAt),
    updatedAt: rfc3339(row.updatedAt),
  };
}

export function templateView(template: StoredTemplate): z.output<typeof templateShape> {
  const { definition } = template;
  return {
    ...templateRowView(template),
    // As this version says, which need not be the published one.
    kind: definition.kind,
    syntax: definition.syntax,
    category: definition.category ?? null,
    description: definition.description ?? null,
    version: template.version,
    versionCreatedAt: rfc3339(template.versionCreatedAt),
    layout: definition.layout ?? null,
    mjml: definition.mjml ?? false,
    ...contentView(definition),
    variables: definition.variables.map(({ name, type, required, description, raw, ...values }) => ({
      ...{ name, type, required },
      default: values.default ?? null,
      description: description ?? null,
      example: values.example ?? null,
      raw: raw ?? false,
    })),
    locales: Object.fromEntries(Object.entries(definition.locales).map(([name, one]) => [name, contentView(one)])),
  };
}

function contentView({ subject, html, text, preheader }: StoredTemplate['definition']['locales'][string]) {
  return { subject: subject ?? null, html: html ?? null, text: text ?? null, preheader: preheader ?? null };
}

export function versionRowView({ version, createdAt, isPublished }: VersionRow): z.output<typeof templateVersionShape> {
  return { version, createdAt: rfc3339(createdAt), published: isPublished };
}

export function previewView(preview: TemplatePreview): z.output<typeof templatePreviewShape> {
  return {
    ...preview,
    warnings: preview.warnings.map(({ code, message, line }) => ({
      code,
      message,
      ...(line !== undefined && { line }),
    })),
  };
}
