/** Stored templates: how many are rendered a second on one core, and what the first use of a version costs. In this process, IEP alone. */

import type { TemplateDefinition, TemplateInput } from '../../../src/core/template.ts';
import { createTemplateJobs } from '../../../src/message/render/template-job.ts';
import { compileMjml } from '../../../src/message/templates/compile-mjml.ts';

export interface TemplateFigures {
  readonly handlebarsPerSecond: number;
  readonly goPerSecond: number;
  readonly handlebarsCompileMs: number;
  readonly goCompileMs: number;
  readonly mjmlCompileMs: number;
}

export const TEMPLATE_KB = 20;
const VERSIONS = 15;

export async function templateFigures(messages: number): Promise<TemplateFigures> {
  const { run } = createTemplateJobs(compileMjml);
  const render = async (input: TemplateInput) => {
    // As it comes to the thread: copied.
    const answer = await run({ task: 'render', input: structuredClone(input) });
    if (!answer.ok) throw new Error(answer.reason);
  };
  const rate = async (definition: TemplateDefinition) => {
    const input = inputOf(definition);
    for (let count = 0; count < 500; count += 1) await render(input);
    const before = cpuMs();
    for (let count = 0; count < messages; count += 1) await render(input);
    return (messages / (cpuMs() - before)) * 1_000;
  };
  /** The median of versions that were never seen, once the language has warmed up. */
  const compile = async (definition: TemplateDefinition) => {
    const took: number[] = [];
    for (let version = 0; version < VERSIONS; version += 1) {
      const input = inputOf({ ...definition, html: `${definition.html}<!-- ${version} -->` });
      const before = cpuMs();
      await render(input);
      took.push(cpuMs() - before);
    }
    return took.toSorted((a, b) => a - b)[Math.floor(VERSIONS / 2)] ?? Number.NaN;
  };
  return {
    handlebarsPerSecond: await rate(benchTemplate),
    goPerSecond: await rate(go),
    handlebarsCompileMs: await compile(benchTemplate),
    goCompileMs: await compile(go),
    mjmlCompileMs: await compile(mjml),
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const STYLE = `<style>
  .cell { font-size: 14px; line-height: 20px; color: #222222; padding: 8px } a { color: #1d4ed8 } td, th { font-family: Arial, sans-serif }
  h1, h2 { margin: 0 0 16px } table .cell a { text-decoration: none } @media (max-width: 400px) { .cell { padding: 4px !important } }
</style>`;

/** `value`: how the syntax prints a variable. */
function page(value: (name: string) => string, condition: readonly [string, string]): string {
  const head = `<!DOCTYPE html><html><head>${STYLE}</head><body><h1>${value('v0')}</h1><p>${value('v1')}, ${value('v2')}</p>`;
  const tail = `<p title="${value('v3')}"><a href="${value('v4')}">${value('v5')}</a> ${value('v6')}
    ${condition[0]}${value('v7')}${condition[1]}</p><a href="https://x.example/${value('v8')}?q=${value('v9')}">more</a></body></html>`;
  const row = (number: number) =>
    `<tr><td class="cell">Line ${number} of a mail, with <b>markup</b> and <a href="https://x.example/p/${number}">a link</a>.</td></tr>\n`;
  let rows = '';
  for (let number = 0; head.length + rows.length + tail.length < TEMPLATE_KB * 1_024; number += 1) rows += row(number);
  return `${head}<table>${rows}</table>${tail}`;
}

const common = { kind: 'template', name: 'bench', variables: [], locales: {} } as const;

export const benchTemplate: TemplateDefinition = {
  ...{ ...common, syntax: 'handlebars', subject: 'Hello {{v1}}', text: 'Hello {{v1}}, {{v2}}' },
  html: page((name) => `{{${name}}}`, ['{{#if v7}}', '{{/if}}']),
};

const go: TemplateDefinition = {
  ...{ ...common, syntax: 'go', subject: 'Hello {{.v1}}', text: 'Hello {{.v1}}, {{.v2}}' },
  html: page((name) => `{{.${name}}}`, ['{{if .v7}}', '{{end}}']),
};

const section = (number: number) => `<mj-section><mj-column><mj-text>Part ${number} for {{v1}}</mj-text>
  <mj-button href="https://x.example/{{v8}}">{{v2}}</mj-button></mj-column></mj-section>`;

const mjml: TemplateDefinition = {
  ...{ ...benchTemplate, mjml: true },
  html: `<mjml><mj-body>${Array.from({ length: 8 }, (_, number) => section(number)).join('\n')}</mj-body></mjml>`,
};

export const benchVariables: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 10 }, (_, at) => [`v${at}`, at === 4 ? 'https://x.example/a?b=c' : `value ${at} <&>`]),
);

function inputOf(definition: TemplateDefinition): TemplateInput {
  return { definition, library: [], variables: benchVariables, system: { now: '2026-11-22T09:30:00Z' } };
}
