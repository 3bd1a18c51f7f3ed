/**
 * Traces, as the rest of the house sees them: a span is begun, given a few facts, and ended. Where tracing is off there is
 * no Trace, so that nothing is made and nothing is asked. No address, subject or content ever goes into a span.
 */

export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  /** W3C `traceparent` of what it belongs to; without one, or with a wrong one, it begins a trace. */
  readonly parent?: string | undefined;
  readonly facts?: SpanFacts;
}

export interface Span {
  /** W3C `traceparent` for what follows from it; undefined where the trace is not kept. */
  readonly traceparent: string | undefined;
  /** `failure`: in a word, why it did not do what it was for. */
  end(facts?: SpanFacts, failure?: string): void;
}

export interface Trace {
  start(span: SpanStart): Span;
  /** One that is over already. Times are epoch ms. */
  record(span: SpanStart & { readonly startedAt: number; readonly endedAt: number; readonly failure?: string }): void;
  /** Sends what is still held, within a few seconds. */
  close(): Promise<void>;
}

export interface TraceOptions {
  /** OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces. */
  readonly endpoint: string;
  /** Share of the traces begun here that is kept; those of callers are kept as the caller says. */
  readonly sampleRatio: number;
  readonly serviceName: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
