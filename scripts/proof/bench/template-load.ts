/**
 * Mail of a stored template from the request to its delivery, beside the same mail that its caller brings: one daemon, in turns. The provider
 * takes everything at once, so that what IEP itself does is all there is. IEP alone.
 */

import { join } from 'node:path';
import { createIepHome, type IepHome } from '../iep.ts';
import { until } from '../workspace.ts';
import { callOf } from './call.ts';
import type { HttpLoad } from './http-load.ts';
import { TENANT } from './parts.ts';
import { benchTemplate, benchVariables } from './templates.ts';
import type { Own } from './vendors.ts';

export interface TemplateLoadFigures {
  readonly ownPerSecond: number;
  readonly madePerSecond: number;
}

interface Shown {
  readonly html: string;
  readonly text: string;
}

const CONNECTIONS = 50;
const DRAIN_TIMEOUT_MS = 300_000;

export async function templateLoad(
  { workspace, executable }: Own,
  { messages, warmUp }: { messages: number; warmUp: number },
): Promise<TemplateLoadFigures> {
  const home = await createIepHome(workspace, executable, {
    sinks: {},
    tenants: { [TENANT]: 'nothing' },
    config: { providers: { nothing: { type: 'null' } }, routing: { primary: 'nothing' } },
  });
  const daemon = await home.serve();
  try {
    const added = await home.cli('key', 'add', '--tenant', TENANT, '--scopes', 'send,read,admin');
    const { key } = added as { key: string };
    const call = callOf(home, key);
    const { name, subject, text, html } = benchTemplate;
    await call('POST', '/v1/templates', { body: JSON.stringify({ name, subject, text, html }) });
    const values = { body: JSON.stringify({ variables: benchVariables }) };
    const shown: Shown = JSON.parse(await call('POST', `/v1/templates/${name}/preview`, values));
    const addressed = { from: { email: 'sender@example.com' }, to: ['recipient@example.net'] };
    const own = { ...addressed, subject: 'Hello', htmlBody: shown.html, textBody: shown.text };
    const made = { ...addressed, template: name, variables: benchVariables };
    let sent = 0;
    const secondsFor = async (message: object, count: number) => {
      const load: HttpLoad = { port: home.httpPort, key, connections: CONNECTIONS, requests: count, batch: 1, message };
      const began = performance.now();
      await workspace.run(process.execPath, [join(import.meta.dirname, 'http-load.ts'), JSON.stringify(load)]);
      sent += count;
      const isDone = async () => (await deliveredBy(home)) >= sent;
      await until('all is delivered', isDone, { timeoutMs: DRAIN_TIMEOUT_MS, everyMs: 20 });
      return (performance.now() - began) / 1_000;
    };
    for (const message of [own, made]) await secondsFor(message, warmUp);
    const took = new Map([own, made].map((message) => [message as object, 0]));
    // Each is first and last as often as the other.
    for (const message of [own, made, made, own]) {
      took.set(message, (took.get(message) ?? 0) + (await secondsFor(message, messages)));
    }
    const perSecond = (message: object) => (2 * messages) / (took.get(message) ?? Number.NaN);
    return { ownPerSecond: perSecond(own), madePerSecond: perSecond(made) };
  } finally {
    await daemon.stop();
    home.remove();
  }
}

async function deliveredBy({ httpPort }: IepHome): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  return Number(/^iep_messages_total\{status="sent",.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
