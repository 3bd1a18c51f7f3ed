import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../core/clock.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const open: Metrics[] = [];
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close();
});

function metricsFor(clock?: Clock): Metrics {
  const metrics = createMetrics(clock);
  open.push(metrics);
  return metrics;
}

test('every number arrives under its name', async () => {
  const metrics = metricsFor();
  metrics.messageStatus({ status: 'sent', tenant: 'acme', provider: 'relay' });
  metrics.messageDuration(0.2);
  metrics.providerError({ provider: 'relay', type: 'deferred' });
  metrics.attempt(0.2, { provider: 'relay', outcome: 'delivered' });
  metrics.chore('retention', 'done');
  metrics.choreSucceeded('retention', 1_790_000_000_000);
  metrics.feedbackEvent({ provider: 'relay', kind: 'bounced' });
  metrics.feedbackUnmatched('relay');
  metrics.hit({ kind: 'opened', actor: 'machine' });
  metrics.hitsDropped(2);
  metrics.mailRead('failed');
  metrics.templateRender({ kind: 'template', outcome: 'done' }, 0.0003);
  metrics.templateRender({ kind: 'template', outcome: 'later' }, 0);
  metrics.onTemplateCache(() => 4096);
  metrics.rateLimitHit('acme');
  metrics.acceptLatency(0.002, 'http');
  metrics.commit(12, 0.0004);
  metrics.onQueueDepth(async () => [
    { lane: 'high', due: 3, scheduled: 7, overdueSeconds: 130 },
    { lane: 'low', due: 0, scheduled: 0 },
  ]);
  const text = await metrics.render();
  for (const line of [
    'iep_messages_total{status="sent",tenant="acme",provider="relay"} 1',
    'iep_message_duration_seconds_count 1',
    'iep_provider_errors_total{provider="relay",type="deferred"} 1',
    'iep_feedback_events_total{provider="relay",kind="bounced"} 1',
    'iep_feedback_unmatched_total{provider="relay"} 1',
    'iep_mail_reads_total{outcome="failed"} 1',
    'iep_template_renders_total{kind="template",outcome="done"} 1',
    'iep_template_renders_total{kind="template",outcome="later"} 1',
    'iep_template_render_duration_seconds_bucket{le="0.0005",kind="template"} 1',
    'iep_template_render_duration_seconds_count{kind="template"} 1',
    'iep_template_cached_bytes 4096',
    'iep_rate_limit_hits_total{tenant="acme"} 1',
    'iep_accept_duration_seconds_bucket{le="0.0025",door="http"} 1',
    'iep_commit_operations_bucket{le="20"} 1',
    'iep_commit_duration_seconds_bucket{le="0.0005"} 1',
    'iep_queue_depth{lane="high",state="due"} 3',
    'iep_queue_depth{lane="high",state="scheduled"} 7',
    'iep_queue_overdue_seconds{lane="high"} 130',
    'iep_attempt_duration_seconds_bucket{le="0.25",provider="relay",outcome="delivered"} 1',
    'iep_chore_runs_total{chore="retention",outcome="done"} 1',
    'iep_chore_last_success_timestamp_seconds{chore="retention"} 1790000000',
    'iep_build_info{version="unknown"} 1',
    'iep_queue_depth{lane="low",state="due"} 0',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  expect(text).toMatch(/iep_event_loop_lag_seconds\{quantile="0.99"\} [0-9.e-]+\n/);
  expect(text).toMatch(/process_resident_memory_bytes \d+/);
});

test('a lane that is gone leaves the gauge', async () => {
  const metrics = metricsFor();
  let depths = [{ lane: 'high', due: 3, scheduled: 0 }];
  metrics.onQueueDepth(async () => depths);
  expect(await metrics.render()).toContain('iep_queue_depth{lane="high",state="due"} 3');
  depths = [];
  expect(await metrics.render()).not.toContain('iep_queue_depth{');
});

test('a store that fails is counted and costs only the depth', async () => {
  const metrics = metricsFor();
  metrics.onQueueDepth(() => Promise.reject(new Error('no store')));
  await metrics.render();
  const text = await metrics.render();
  expect(text).toMatch(/iep_scrape_failures_total [12]\n/);
  expect(text).toContain('process_resident_memory_bytes');
});

test('a store that is stuck does not hold up the scrape', async () => {
  const due: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: (_delayMs, fn) => {
      due.push(fn);
      return () => undefined;
    },
  };
  const metrics = metricsFor(clock);
  metrics.onQueueDepth(() => new Promise(() => undefined));
  const rendering = metrics.render();
  due[0]?.();
  expect(await rendering).toContain('process_resident_memory_bytes');
});

test('two registries do not meet', async () => {
  const one = metricsFor();
  const two = metricsFor();
  one.rateLimitHit('acme');
  expect(await two.render()).not.toContain('tenant="acme"');
});

test('shows each provider, and dead letters and rates by tenant', async () => {
  const metrics = createMetrics();
  metrics.failover({ from: 'relay', to: 'spare' });
  metrics.onDeadLetters(async () => [{ tenant: 't', count: 3 }]);
  metrics.rateAlert({ tenant: 't', rate: 'bounced' });
  metrics.onTenantRates(async () => [
    { tenant: 't', rate: 'bounced', value: 0.06, isTooHigh: true },
    { tenant: 't', rate: 'complained', value: 0, isTooHigh: false },
  ]);
  metrics.onProviders(() => [
    { provider: 'relay', breaker: 'open', inFlight: 0, up: false },
    { provider: 'spare', breaker: 'closed', inFlight: 7 },
  ]);
  const text = await metrics.render();
  metrics.close();
  for (const line of [
    'iep_provider_failovers_total{from="relay",to="spare"} 1',
    'iep_dead_letters{tenant="t"} 3',
    'iep_tenant_rate_alerts_total{tenant="t",rate="bounced"} 1',
    'iep_tenant_rate{tenant="t",rate="bounced"} 0.06',
    'iep_tenant_rate_too_high{tenant="t",rate="bounced"} 1',
    'iep_tenant_rate_too_high{tenant="t",rate="complained"} 0',
    'iep_provider_breaker_state{provider="relay"} 2',
    'iep_provider_breaker_state{provider="spare"} 0',
    'iep_provider_up{provider="relay"} 0',
    'iep_provider_in_flight{provider="spare"} 7',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).not.toContain('iep_provider_up{provider="spare"}');
});
