/** For tests: a provider of the type `smtp`, and servers for it that misbehave on request. */

import { testCertificate, testKey } from '../../../../test/certificate.ts';
import {
  createSink,
  type Script,
  type Sink,
  type SinkOptions,
  type SinkReply,
  type Step,
} from '../../../../test/sink.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Outcome } from '../../../core/outcome.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import type { Provider, SendResult } from '../provider.ts';
import type { SmtpConfig } from './settings.ts';

export const tls = { cert: testCertificate, key: testKey };
export const never = createStopping();
const cleanups: (() => Promise<void>)[] = [];
export function afterwards(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

/** In each file that opens one: after each test. */
export async function closeAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export async function sinkWith(options: SinkOptions = {}, script?: Script): Promise<Sink> {
  const sink = await createSink(options);
  sink.script(script);
  afterwards(() => sink.close());
  return sink;
}

export function providerTo(
  sink: Pick<Sink, 'host' | 'port'>,
  config: Partial<SmtpConfig> = {},
  clock: Clock = systemClock,
  hostName?: string,
): Provider {
  const provider = createProvider(
    'relay',
    { type: 'smtp', host: sink.host, port: sink.port, tls: 'none', ...config },
    { clock, hostName: () => hostName },
  );
  afterwards(() => provider.close());
  return provider;
}

export const message = Buffer.from('Subject: hello\r\n\r\nHello\r\n');
export const onlyOutcome = ({ outcomes }: SendResult): Outcome | undefined => outcomes.get(1);
export const kinds = ({ outcomes }: SendResult) => [...outcomes.values()].map(({ kind }) => kind);
export const replyAt =
  (step: Step, answer: SinkReply): Script =>
  (moment) =>
    moment.step === step ? answer : undefined;
