/** Traces by OpenTelemetry, sent by OTLP over HTTP. Loaded only where tracing is on; nothing global is set. */

import {
  ROOT_CONTEXT,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Clock } from '../../core/clock.ts';
import { withDeadline } from '../../core/deadline.ts';
import { readTraceparent, writeTraceparent } from '../../core/traceparent.ts';
import type { Log } from './log.ts';
import type { Span, SpanFacts, SpanStart, Trace, TraceOptions } from './trace.ts';

/** Spans held for the next post; what comes beyond while the collector is away is dropped. */
const MAX_HELD = 8_192;
const POST_EVERY_MS = 2_000;
const POST_TIMEOUT_MS = 5_000;
/** A stop does not wait longer than this for a collector. */
const CLOSE_MS = 5_000;
/** A collector that is away is told once in this time, not with every post. */
const TELL_EVERY_MS = 60_000;

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

export function createOtlpTrace(
  deps: { clock: Pick<Clock, 'monotonic' | 'after'>; log: Log; version: string },
  options: TraceOptions,
): Trace {
  const inner = new OTLPTraceExporter({
    url: options.endpoint,
    timeoutMillis: POST_TIMEOUT_MS,
    ...(options.headers && { headers: { ...options.headers } }),
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.serviceName, 'service.version': deps.version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: telling(inner, options.endpoint, deps),
        maxQueueSize: MAX_HELD,
        scheduledDelayMillis: POST_EVERY_MS,
        exportTimeoutMillis: POST_TIMEOUT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('iep', deps.version);

  return {
    start: (span) => begin(tracer, span),
    record({ startedAt, endedAt, failure, ...span }) {
      begin(tracer, span, { startTime: startedAt }).end(undefined, failure, endedAt);
    },
    async close() {
      const late = () => new Error('the collector did not take the rest in time');
      // What went wrong was told by the exporter already.
      await withDeadline(provider.shutdown(), { clock: deps.clock, limitMs: CLOSE_MS, late }).catch(() => undefined);
    },
  };
}

interface EndableSpan extends Span {
  end(facts?: SpanFacts, failure?: string, at?: number): void;
}

function begin(tracer: Tracer, { name, kind, parent, facts }: SpanStart, more: SpanOptions = {}): EndableSpan {
  const caller = readTraceparent(parent);
  const within =
    caller === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, {
          traceId: caller.traceId,
          spanId: caller.spanId,
          traceFlags: caller.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
          isRemote: true,
        });
  const span = tracer.startSpan(
    name,
    { kind: kinds[kind], ...(facts && { attributes: { ...facts } }), ...more },
    within,
  );
  const { traceId, spanId, traceFlags } = span.spanContext();
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return {
    traceparent: sampled ? writeTraceparent({ traceId, spanId, sampled }) : undefined,
    end(last, failure, at) {
      if (last !== undefined) span.setAttributes({ ...last });
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end(at);
    },
  };
}

/** The exporter, with a line in the log when the collector does not take what it is given. */
function telling(
  inner: SpanExporter,
  endpoint: string,
  { clock, log }: { clock: Pick<Clock, 'monotonic'>; log: Log },
): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    export(spans, done) {
      inner.export(spans, (result) => {
        if (result.code !== 0 && clock.monotonic() - toldAt > TELL_EVERY_MS) {
          toldAt = clock.monotonic();
          log.warn({ endpoint, spans: spans.length, error: result.error }, 'traces could not be handed over');
        }
        done(result);
      });
    },
    forceFlush: async () => inner.forceFlush?.(),
    shutdown: () => inner.shutdown(),
  };
}
