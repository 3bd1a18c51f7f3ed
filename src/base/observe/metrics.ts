/**
 * The metrics of seed 001 §16 and those that came since, in a registry of their own; `metrics/` has a file for each subject.
 * Every number has a method, so that no other room knows a metric's name or its labels.
 */

import { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type FeedbackMetrics, registerFeedback } from './metrics/feedback.ts';
import { type MessageMetrics, registerMessages } from './metrics/messages.ts';
import { type ProcessMetrics, registerProcess } from './metrics/process.ts';
import { type ProviderMetrics, registerProviders } from './metrics/providers.ts';
import { type QueueMetrics, registerQueue } from './metrics/queue.ts';
import { createScrape } from './metrics/scrape.ts';
import { registerTemplates, type TemplateMetrics } from './metrics/templates.ts';
import { registerTold, type ToldMetrics } from './metrics/told.ts';

export interface Metrics
  extends MessageMetrics,
    QueueMetrics,
    ProviderMetrics,
    FeedbackMetrics,
    ToldMetrics,
    TemplateMetrics,
    ProcessMetrics {
  readonly contentType: string;
  render(): Promise<string>;
}

export function createMetrics(clock: Clock = systemClock, version = 'unknown'): Metrics {
  const registry = new Registry();
  const scrape = createScrape(registry, clock);
  const { registers } = scrape;
  return {
    ...registerMessages(registers),
    ...registerQueue(scrape, clock),
    ...registerProviders(registers),
    ...registerFeedback(scrape),
    ...registerTold(scrape),
    ...registerTemplates(registers),
    ...registerProcess(registry, version),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
