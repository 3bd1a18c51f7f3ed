import { afterEach, expect, test } from 'vitest';
import type { Accepted } from '../message/intake/accept.ts';
import { deliver, dial, greet, openDoor, type RawClient, type TestDoor } from './door.testing.ts';

let door: TestDoor;

afterEach(() => door.close());

const DEADLINE_MS = 30_000;

async function beginData(client: RawClient): Promise<void> {
  for (const line of ['MAIL FROM:<app@example.com>', 'RCPT TO:<user@example.net>', 'DATA']) await client.say(line);
}

test('who waits is told goodbye, a message in progress is finished, and nobody new is let in', async () => {
  door = await openDoor();
  const idle = await greet(door.port);
  const between = await greet(door.port);
  await between.say('MAIL FROM:<app@example.com>');
  const sending = await greet(door.port);
  await beginData(sending);
  sending.send('Subject: s\r\n\r\nfirst half');

  const stopped = door.stop(DEADLINE_MS);
  expect(await idle.reply()).toMatch(/^421 4\.3\.2 /);
  expect(await between.reply()).toMatch(/^421 4\.3\.2 /);
  await expect(dial(door.port).then((client) => client.reply())).rejects.toThrow();

  sending.send(', second half\r\n.\r\nMAIL FROM:<app@example.com>\r\n');
  expect(await sending.reply()).toMatch(/^250 2\.0\.0 queued as /);
  expect(await sending.reply()).toMatch(/^421 4\.3\.2 /);
  expect(await sending.rest()).toBe('');
  await stopped;
  expect(door.taken.map(({ content }) => content.endsWith('first half, second half\r\n'))).toEqual([true]);
});

test('a reply that the store still owes is waited for', async () => {
  let answer = (_: Accepted) => {};
  const accepting = new Promise<Accepted>((resolve) => {
    answer = resolve;
  });
  let asked = () => {};
  const asking = new Promise<void>((resolve) => {
    asked = resolve;
  });
  door = await openDoor(
    {},
    {
      accept: () => {
        asked();
        return accepting;
      },
    },
  );
  const client = await greet(door.port);
  await beginData(client);
  client.send('Subject: s\r\n\r\nx\r\n.\r\n');
  await asking;
  const stopped = door.stop(DEADLINE_MS);
  answer({ messageId: 'm1', status: 'queued', suppressedRecipients: [], duplicate: false });
  expect(await client.reply()).toBe('250 2.0.0 queued as m1');
  expect(await client.reply()).toMatch(/^421 4\.3\.2 /);
  client.close();
  await stopped;
});

test('at the deadline whoever is still sending is cut off, and has heard no yes', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  await beginData(client);
  client.send('Subject: s\r\n\r\nhalf');
  await door.stop(0);
  expect(await client.rest()).toBe('');
  expect(door.taken).toEqual([]);
});

test('stopping again does nothing', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  await deliver(client);
  await door.stop();
  await door.stop();
  client.close();
});
