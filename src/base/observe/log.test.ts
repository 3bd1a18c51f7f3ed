import { expect, test } from 'vitest';
import { createLog } from './log.ts';

function collect(options: { level: 'debug' | 'info'; showAddresses: boolean }) {
  const lines: string[] = [];
  const log = createLog({ ...options, destination: { write: (line) => lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('writes one JSON object a line, with level, time and message', () => {
  const { log, last, lines } = collect({ level: 'info', showAddresses: false });
  log.info({ messageId: 'm1', status: 202 }, 'request');
  expect(last()).toMatchObject({ level: 'info', messageId: 'm1', status: 202, msg: 'request' });
  expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(lines[0]?.endsWith('\n')).toBe(true);
});

test('a line about a message has its id as correlationId', () => {
  const { log, last } = collect({ level: 'info', showAddresses: false });
  log.info({ messageId: 'm1' }, 'attempt');
  expect(last().correlationId).toBe('m1');
  log.info({ tenant: 'acme' }, 'request');
  expect(last()).not.toHaveProperty('correlationId');
});

test('redacts fields and the message itself', () => {
  const { log, last } = collect({ level: 'info', showAddresses: false });
  log.warn({ recipient: 'bob@example.com' }, 'could not reach carol@example.com');
  expect(last()).toMatchObject({ recipient: 'b***@example.com', msg: 'could not reach c***@example.com' });
});

test('shows addresses when asked', () => {
  const { log, last } = collect({ level: 'info', showAddresses: true });
  log.error({ recipient: 'bob@example.com' }, 'x');
  expect(last().recipient).toBe('bob@example.com');
});

test('leaves out what is below the level', () => {
  const { log, lines } = collect({ level: 'info', showAddresses: false });
  log.debug({}, 'quiet');
  expect(lines).toEqual([]);
});

test('a child carries its fields, redacted too', () => {
  const { log, last } = collect({ level: 'debug', showAddresses: false });
  log.child({ provider: 'relay', password: 'x' }).debug({ attempt: 1 }, 'attempt');
  expect(last()).toMatchObject({ provider: 'relay', password: '***', attempt: 1, level: 'debug' });
});

test('a field cannot forge a second line', () => {
  const { log, lines } = collect({ level: 'info', showAddresses: false });
  log.info({ subject: 'a\n{"level":"error"}' }, 'b\nc');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd().split('\n')).toHaveLength(1);
});

test('a field has no name that the line has already', () => {
  const { log } = collect({ level: 'info', showAddresses: false });
  // @ts-expect-error: the level of a line is said by the function.
  log.debug({ level: 'error' }, 'quiet');
  // @ts-expect-error: the log knows the time.
  log.debug({ time: '2026-01-01' }, 'quiet');
});

test('what it leaves out and what it shows can change while it is written, in its children too', () => {
  const { log, lines, last } = collect({ level: 'info', showAddresses: false });
  const child = log.child({ part: 'x' });
  log.adjust({ level: 'debug', showAddresses: true });
  child.debug({ recipient: 'bob@example.com' }, 'now');
  expect(last()).toMatchObject({ part: 'x', level: 'debug', recipient: 'bob@example.com' });
  log.adjust({ level: 'error', showAddresses: false });
  child.warn({}, 'no more');
  expect(lines).toHaveLength(1);
});

test('hides the secrets that it hears of later, and those of before', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLog({ level: 'info', showAddresses: false, hide: ['first-secret'], destination });
  log.info({ reply: 'second-secret' }, 'x');
  log.adjust({ level: 'info', showAddresses: false, hide: ['second-secret'] });
  log.info({ reply: 'first-secret, second-secret' }, 'x');
  expect(lines[0]).toContain('second-secret');
  expect(lines[1]).not.toMatch(/first-secret|second-secret/);
});
