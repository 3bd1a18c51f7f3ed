/** The templates that come with IEP: each renders with its examples and without what is optional, and has nothing to warn of. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { TemplateContent, TemplateDefinition, TemplateVariables } from '../../core/template.ts';
import { createTemplateJobs } from '../render/template-job.ts';
import { checkVariables, exampleVariables } from './check-variables.ts';
import { system, templateOf } from './templates.testing.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'templates');

function read(name: string): TemplateDefinition {
  const content: Record<string, string> = {};
  for (const file of readdirSync(join(folder, name))) {
    const field = file.replace(/\.hbs$/, '');
    if (field !== file) content[field] = readFileSync(join(folder, name, file), 'utf8').replace(/\n$/, '');
  }
  const { subject: _subject, ...described } = templateOf(
    parse(readFileSync(join(folder, name, 'template.yaml'), 'utf8')),
  );
  return { ...described, name, ...(content as TemplateContent) };
}

const all = readdirSync(folder).map(read);
const library = all.filter(({ kind }) => kind !== 'template');
const templates = all.filter(({ kind }) => kind === 'template');
const { run } = createTemplateJobs();

async function preview(definition: TemplateDefinition, variables: TemplateVariables, locale = 'en') {
  const checked = checkVariables(definition, variables);
  if ('errors' in checked) throw new Error(JSON.stringify(checked.errors));
  const answer = await run({
    task: 'preview',
    input: { definition, library, variables: checked.values, system, locale },
  });
  if (!('preview' in answer)) throw new Error(JSON.stringify(answer));
  return answer.preview;
}

it('are the ten that the documentation names', () => {
  expect(templates.map(({ name }) => name).sort()).toEqual([
    'alert',
    'digest',
    'invitation',
    'invoice',
    'job-result',
    'password-reset',
    'plain-notice',
    'receipt',
    'verify-address',
    'welcome',
  ]);
});

it('name months in English, as all of their words are, whatever the language of the tenant', async () => {
  const invoice = templates.find(({ name }) => name === 'invoice');
  if (invoice === undefined) throw new Error('there is no invoice');
  const { subject, html, text } = await preview(invoice, exampleVariables(invoice), 'de');
  expect(subject).toContain('due on 6 December 2026');
  expect(`${html}${text}`).not.toContain('Dezember');
});

describe.each(templates.map((one) => [one.name, one] as const))('%s', (_name, definition) => {
  it('has no fault, and nothing to warn of but what Outlook draws without round corners', async () => {
    expect(await run({ task: 'check', definition, library })).toEqual({ ok: true, faults: [] });
    const { warnings, html, text, sizeBytes } = await preview(definition, exampleVariables(definition));
    expect(warnings.filter(({ code }) => code !== 'css_unsupported')).toEqual([]);
    expect(sizeBytes).toBeLessThan(20 * 1024);
    expect(`${html}${text}`).not.toMatch(/undefined|\[object|NaN|\{\{/);
    expect(text).not.toMatch(/[<>]|&\w+;/);
  });

  it('does with what is required alone', async () => {
    const required = new Set(definition.variables.filter((one) => one.required).map(({ name }) => name));
    const values = Object.entries(exampleVariables(definition)).filter(([name]) => required.has(name));
    const { subject, text, html } = await preview(definition, Object.fromEntries(values));
    expect(subject).not.toMatch(/^\W*$|\s\s|\bon $/);
    expect(`${html}${text}`).not.toMatch(/undefined|\[object|NaN|\{\{/);
  });
});
