/** The metrics of what is rendered of templates. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 5];

export interface TemplateMetrics {
  /** Work on a template: its `kind`, what came of it (`done`, `failed`, or `later` where it waited for too long), and how long it took. */
  templateRender(labels: { kind: string; outcome: string }, seconds: number): void;
  /** Asked at each scrape: what the compiled templates that are kept hold in memory. */
  onTemplateCache(read: () => number): void;
}

export function registerTemplates(registers: Registry[]): TemplateMetrics {
  const renders = new Counter({
    name: 'iep_template_renders_total',
    help: 'Templates and content with variables that were rendered, previewed or checked, by what came of it',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'iep_template_render_duration_seconds',
    help: 'How long that took, without waiting',
    labelNames: ['kind'],
    buckets: SECONDS,
    registers,
  });
  let readCache: (() => number) | undefined;
  new Gauge({
    name: 'iep_template_cached_bytes',
    help: 'What the compiled templates that are kept hold in memory',
    registers,
    collect() {
      this.set(readCache?.() ?? 0);
    },
  });
  return {
    templateRender(labels, seconds) {
      renders.inc(labels);
      if (labels.outcome !== 'later') duration.observe({ kind: labels.kind }, seconds);
    },
    onTemplateCache(read) {
      readCache = read;
    },
  };
}
