/** Servers that repeat the login they were given, at each step and in each spelling: none of it comes out. */

import { afterEach, expect, it } from 'vitest';
import { createSink, type Script, type Sink, type Step } from '../../../test/sink.ts';
import { systemClock } from '../../core/clock.ts';
import { createStopping } from '../../core/stop.ts';
import { createProvider } from './index.ts';
import { withoutOwnSecrets } from './own-secrets.ts';
import { parcelFor } from './provider.suite.ts';
import type { Provider } from './provider.ts';

const password = 'planted pass/wörd+1';
const login = `\0iep\0${password}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const spellings = [password, base64(password), base64(login), encodeURIComponent(password)];

let sink: Sink;
let provider: Provider;
afterEach(async () => {
  await provider.close();
  await sink.close();
});

async function setUp(script: Script): Promise<void> {
  sink = await createSink({ users: { iep: password } });
  sink.script(script);
  provider = createProvider(
    'relay',
    { type: 'smtp', host: sink.host, port: sink.port, tls: 'none', username: 'iep', password },
    { clock: systemClock },
  );
}

function expectNoneIn(said: unknown): void {
  const text = JSON.stringify(said, (_, value) => (value instanceof Map ? [...value.values()] : value));
  for (const spelling of spellings) expect(text).not.toContain(JSON.stringify(spelling).slice(1, -1));
  expect(text).toContain('***');
}

const send = () => provider.send(parcelFor(['x@example.com']), createStopping());
const echo = spellings.join(' and ');
const steps: readonly (readonly [Step, code: string])[] = [
  ['banner', '554 5.7.0'],
  ['AUTH', '535 5.7.8'],
  ['AUTH', '454 4.7.0'],
  ['MAIL', '550 5.7.1'],
  ['MAIL', '421 4.7.0'],
  ['RCPT', '550 5.1.1'],
  ['dot', '451 4.3.0'],
  ['dot', '250 2.0.0'],
];

it.each(steps)('not in reply and transcript, said at %s with %s', async (step, code) => {
  await setUp((moment) => (moment.step === step ? `${code} no, not with ${echo}` : undefined));
  const result = await send();
  expectNoneIn(result);
  expect([...result.outcomes.values()][0]?.reply.text).toMatch(new RegExp(`^${code} no, not with `));
});

it('not where the reply is so long that it is shortened in the middle of it', async () => {
  for (let room = 470; room < 500; room += 3) {
    await setUp(({ step }) => (step === 'AUTH' ? `535 5.7.8 ${'x'.repeat(room - 11)} ${password}` : undefined));
    const [outcome] = (await send()).outcomes.values();
    expect(outcome?.reply.text).not.toContain('planted pass/');
    if (room < 485) expect(outcome?.reply.text).toContain('***');
    await provider.close();
    await sink.close();
  }
});

it.each(['banner', 'AUTH'] as const)('not in a health check, said at %s', async (step) => {
  await setUp((moment) => (moment.step === step ? `535 5.7.8 no, not with ${echo}` : undefined));
  const health = await provider.check();
  expect(health.ok).toBe(false);
  expectNoneIn(health);
});

it('not in a fault, whose message may repeat the header that it refuses', async () => {
  await setUp(() => undefined);
  const refused = () =>
    Promise.reject(new TypeError(`Headers.set: "${password}" is invalid`, { cause: new Error(base64(password)) }));
  const settings = { type: 'smtp', username: 'iep', password };
  const faulty: Pick<Provider, 'send' | 'check'> = { send: refused, check: refused };
  const way = withoutOwnSecrets(faulty, { settings, secrets: ['password'] });
  for (const call of [() => way.check(), () => way.send(parcelFor(['x@example.com']), createStopping())]) {
    const fault = await call().catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(TypeError);
    const { message, stack, cause } = fault as TypeError;
    expectNoneIn([message, stack, (cause as Error).message, (cause as Error).stack]);
  }
});
