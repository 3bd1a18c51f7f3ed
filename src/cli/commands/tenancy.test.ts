/** Commands where there are several tenants: whose mail it is, and what an operator sees of all. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  AcceptedJson,
  DeliveryJson,
  MessageJson,
  MessageRowJson,
  NewKeyJson,
  StatsJson,
  WebhookJson,
} from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  for (const slug of ['one', 'two']) {
    await home.json(['tenant', 'add', slug]);
    await home.json(['tenant', 'set', slug, '--any-sender', 'on']);
  }
});
afterEach(() => home.remove());

type Listed = MessageRowJson & { tenant?: string };

async function send(tenant: string): Promise<string> {
  const args = ['send', `to-${tenant}@example.com`, '--text', 'x', '--tenant', tenant];
  return (await home.json<AcceptedJson>(args)).messageId;
}

describe('whose mail it is', () => {
  const text = ['send', 'b@example.com', '--text', 'x'];
  const owners = async () => (await home.json<Listed[]>(['list'])).map(({ tenant }) => tenant);

  it('is asked where nothing says it', async () => {
    expect(await home.iep(text)).toMatchObject({ exit: 64, err: expect.stringContaining('IEP_TENANT') });
  });

  it('says --tenant, then IEP_TENANT, then sendmail.tenant', async () => {
    const config = join(home.folder, 'iep.config.yaml');
    writeFileSync(config, 'sendmail: { tenant: one }');
    expect((await home.iep(['--config', config, ...text])).exit).toBe(0);
    const env = { IEP_TENANT: 'two' };
    expect((await home.iep(['--config', config, ...text], { env })).exit).toBe(0);
    expect((await home.iep(['--config', config, ...text, '--tenant', 'one'], { env })).exit).toBe(0);
    expect(
      (await home.iep(['--config', config, 'sendmail', '-i', 'b@example.com'], { input: 'Subject: x\n\nhi\n' })).exit,
    ).toBe(0);
    expect(await owners()).toEqual(['one', 'one', 'two', 'one']);
  });

  it('is what commands of an operator are about, by IEP_TENANT too', async () => {
    await send('one');
    const second = await send('two');
    const { out } = await home.iep(['list', '--json'], { env: { IEP_TENANT: 'two' } });
    expect(JSON.parse(out)).toMatchObject([{ messageId: second }]);
    expect((await home.iep(['queue', '--json'], { env: { IEP_TENANT: 'two' } })).out).not.toContain('"one"');
  });
});

describe('an operator', () => {
  it.each(['show', 'explain', 'cancel', 'retry'])('needs no tenant beside an id: %s', async (command) => {
    await send('one');
    const id = await send('two');
    expect(await home.iep([command, id])).toMatchObject({ exit: 0, out: expect.stringContaining(id) });
    expect((await home.iep([command, id, '--tenant', 'one'])).exit).toBe(65);
    const unknown = '019cf5b2-6a00-7000-8000-3f1c8a5d9e01';
    expect(await home.iep([command, unknown])).toMatchObject({ exit: 65, err: expect.stringContaining('has this id') });
  });

  it('lists the messages of all, newest first, and whose they are', async () => {
    const ids = [await send('one'), await send('two'), await send('one')].reverse();
    const found = await home.json<Listed[]>(['list']);
    expect(found.map(({ messageId }) => messageId)).toEqual(ids);
    expect(found.map(({ tenant }) => tenant)).toEqual(['one', 'two', 'one']);
    expect((await home.iep(['list', '--limit', '2'])).out).toMatch(/^TENANT +ID.*\none +\S+.*\ntwo +\S+/);
    expect((await home.iep(['sendmail', '-bp'])).out).toContain('-- 3 messages.');
    expect(await home.iep(['dead', 'list'])).toMatchObject({ exit: 0 });
  });

  it('cancels and retries by filter over all', async () => {
    await send('one');
    await send('two');
    expect(await home.json(['cancel', '--to', '@example.com', '--yes'])).toMatchObject({ matched: 2, cancelled: 2 });
    expect(await home.json(['retry', '--status', 'failed', '--dry-run'])).toMatchObject({ matched: 0 });
  });

  it.each([
    ['cancel', '--status', 'queued'],
    ['retry', '--status', 'queued'],
    ['key', 'remove', 'KEY'],
  ])('is asked first, and told so where there is no terminal: %s %s', async (...command) => {
    const id = await send('one');
    const { prefix } = await home.json<NewKeyJson>(['key', 'add', '--tenant', 'one']);
    const args = command.map((word) => (word === 'KEY' ? prefix : word));
    expect(await home.iep(args)).toMatchObject({
      exit: 64,
      out: '',
      err: expect.stringMatching(/there is no terminal to ask at.*--yes/s),
    });
    expect(await home.json(['show', id])).toMatchObject({ status: 'queued' });
    expect(await home.json(['key', 'list'])).toMatchObject([{ revokedAt: null }]);
    expect(await home.iep([...args, '--yes'])).toMatchObject({ exit: 0 });
  });

  it('sees the numbers, the suppressed addresses, webhooks and domains of all', async () => {
    await send('one');
    await send('two');
    const stats = await home.json<StatsJson & { byTenant: unknown }>(['stats']);
    expect(stats).toMatchObject({
      total: 2,
      byTenant: [
        { tenant: 'one', total: 1 },
        { tenant: 'two', total: 1 },
      ],
    });
    expect((await home.iep(['stats'])).out).toMatch(/\nTENANT.*\none +1\ntwo +1\n/s);
    await home.iep(['suppression', 'add', 'a@example.com', '--tenant', 'two']);
    expect(await home.json(['suppression', 'list'])).toMatchObject([{ email: 'a@example.com', tenant: 'two' }]);
    await home.iep(['domain', 'add', 'one.example', '--tenant', 'one']);
    expect(await home.json(['domain', 'list'])).toMatchObject([{ domain: 'one.example', tenant: 'one' }]);
    expect(await home.json(['webhook', 'list'])).toEqual([]);
  });

  it('needs no tenant to post again what is named by id', async () => {
    const url = 'https://hooks.example.com/';
    for (const slug of ['one', 'two']) await home.json(['webhook', 'add', url, '--tenant', slug]);
    const [first, second] = await home.json<WebhookJson[]>(['webhook', 'list']);
    const id = await send('two');
    const own = first?.id === (await home.json<WebhookJson[]>(['webhook', 'list', '--tenant', 'two']))[0]?.id;
    const webhookId = (own ? first : second)?.id ?? '';
    expect(await home.json(['replay', '--message', id])).toEqual({
      dryRun: false,
      webhooks: [{ webhookId, matched: 1 }],
    });
    const [delivery] = await home.json<DeliveryJson[]>(['webhook', 'deliveries', webhookId]);
    expect(await home.json(['replay', delivery?.id ?? ''])).toMatchObject([{ id: delivery?.id }]);
    const unknown = '019cf5b2-6a00-7000-8000-3f1c8a5d9e01';
    expect(await home.iep(['replay', '--message', unknown])).toMatchObject({ exit: 65 });
    expect(await home.iep(['replay', unknown])).toMatchObject({ exit: 65 });
  });

  it('is shown commands that work as they are printed', async () => {
    const printed = (text: string) =>
      text.match(/(?<=iep )domain (?:verify|rotate) [^`\n]+?(?=[`.]*(?:\n|` |$))/g) ?? [];
    const said: string[] = [];
    for (const args of [['add'], ['show'], ['rotate'], ['verify']]) {
      const { out, err } = await home.iep(['domain', ...args, 'two.example', '--tenant', 'two']);
      said.push(...printed(out + err));
    }
    expect(said.length).toBeGreaterThan(1);
    for (const command of said) expect(command).toMatch(/^domain (verify|rotate) two\.example --tenant two/);
  });

  it('has no column for tenants where there is one', async () => {
    await home.iep(['tenant', 'remove', 'two', '--yes']);
    const { messageId } = await home.json<AcceptedJson>(['send', 'b@example.com', '--text', 'x']);
    expect(await home.json<MessageJson>(['show', messageId])).toMatchObject({ messageId });
    expect((await home.iep(['list'])).out).toMatch(/^ID/);
  });
});
