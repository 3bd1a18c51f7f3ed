/** Templates for the tests of their engine. */

import type { TemplateDefinition, TemplateInput, TemplateVariable } from '../../core/template.ts';
import { checkTemplate } from './check-template.ts';
import { createCompile } from './compile.ts';
import { renderTemplate } from './render-template.ts';

export const system = { now: '2026-11-22T09:30:00Z', tenant: 'acme' };

export function templateOf(more: Partial<TemplateDefinition> = {}): TemplateDefinition {
  return {
    name: 'sample',
    kind: 'template',
    syntax: 'handlebars',
    variables: [],
    locales: {},
    subject: 'Hello',
    ...more,
  };
}

export function variable(name: string, more: Partial<TemplateVariable> = {}): TemplateVariable {
  return { name, type: 'string', required: false, ...more };
}

/** An engine that keeps what it compiles, and answers with what a test compares. */
export function createTestEngine() {
  const { compile } = createCompile();
  const render = async (more: Partial<TemplateDefinition>, input: Partial<TemplateInput> = {}) => {
    const full = { definition: templateOf(more), library: [], variables: {}, system, ...input };
    const result = await renderTemplate(compile, full);
    return result.ok ? result.rendered : result.reason;
  };
  return {
    render,
    /** The HTML, or why there is none. */
    html: async (
      html: string,
      variables: TemplateInput['variables'] = {},
      more: Partial<TemplateDefinition> = {},
      input: Partial<TemplateInput> = {},
    ) => {
      const rendered = await render({ html, ...more }, { variables, ...input });
      return typeof rendered === 'string' ? rendered : rendered.html;
    },
    faults: (more: Partial<TemplateDefinition>, library: readonly TemplateDefinition[] = []) =>
      checkTemplate(compile, { definition: templateOf(more), library }),
  };
}
