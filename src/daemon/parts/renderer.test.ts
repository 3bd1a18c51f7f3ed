import { expect, test } from 'vitest';
import { createMetrics } from '../../base/observe/metrics.ts';
import { systemClock } from '../../core/clock.ts';
import type { TemplateDefinition } from '../../core/template.ts';
import { createTemplateEngine } from '../../message/render/template-engine.ts';
import { createRenderers } from './renderer.ts';

const definition: TemplateDefinition = {
  ...{ name: 'welcome', kind: 'template', syntax: 'handlebars', subject: 'Hi {{name}}', text: 'Hello', variables: [] },
  locales: {},
};

test('what is rendered is counted by what it is and what came of it', async () => {
  const metrics = createMetrics();
  const renderers = createRenderers(systemClock, metrics);
  const engine = createTemplateEngine(renderers);
  const input = {
    definition,
    library: [],
    brand: {},
    variables: { name: 'Ada' },
    system: { now: '2027-01-01T00:00:00Z' },
  };
  expect(await engine.render('acme', input)).toMatchObject({ ok: true });
  await engine.render('acme', { ...input, definition: { ...definition, subject: '{{#if' } });
  await engine.preview('acme', input);
  await engine.check('acme', { definition, library: [] });
  const html = '<a href="https://x.example">x</a>';
  await renderers.plain.render('acme', { subject: '{{name}}', html, recipient: 'a@x.example', variables: {} });
  const text = await metrics.render();
  for (const line of [
    'iep_template_renders_total{kind="template",outcome="done"} 1',
    'iep_template_renders_total{kind="template",outcome="failed"} 1',
    'iep_template_renders_total{kind="preview",outcome="done"} 1',
    'iep_template_renders_total{kind="check",outcome="done"} 1',
    'iep_template_renders_total{kind="content",outcome="done"} 1',
    'iep_template_render_duration_seconds_count{kind="template"} 2',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).toMatch(/^iep_template_cached_bytes [1-9]\d+$/m);
  await renderers.close();
  expect(await metrics.render()).toMatch(/^iep_template_cached_bytes 0$/m);
  metrics.close();
});
