import { afterEach, describe, expect, it } from 'vitest';
import { testCertificate } from '../../../../test/certificate.ts';
import type { Sink } from '../../../../test/sink.ts';
import { systemClock } from '../../../core/clock.ts';
import { IepError } from '../../../core/errors.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Provider } from '../provider.ts';
import { literalFor, localNameOf } from './local-name.ts';
import { closeAll, kinds, never, onlyOutcome, providerTo, replyAt, sinkWith, tls } from './send.testing.ts';
import type { SmtpConfig } from './settings.ts';

afterEach(closeAll);

describe('TLS', () => {
  it('required: uses STARTTLS and trusts only the given authority', async () => {
    const sink = await sinkWith({ tls });
    const trusted = providerTo(sink, { tls: 'required', ca: testCertificate });
    expect(kinds(await trusted.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
    expect(sink.messages[0]?.secure).toBe(true);
    const untrusting = providerTo(sink, { tls: 'required' });
    expect(kinds(await untrusting.send(parcelFor(['x@example.com']), never))).toEqual(['unavailable']);
  });

  it('required: fails rather than go without', async () => {
    const sink = await sinkWith();
    const provider = providerTo(sink, { tls: 'required' });
    expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['unavailable']);
    expect(sink.transcript.some((line) => line.includes('MAIL'))).toBe(false);
  });

  it('implicit: speaks TLS from the first byte', async () => {
    const sink = await sinkWith({ tls: { ...tls, implicit: true } });
    const provider = providerTo(sink, { tls: 'implicit', ca: testCertificate });
    expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
    expect(sink.messages[0]?.secure).toBe(true);
  });

  it('opportunistic: with TLS where it is offered, whatever the certificate, and without where not', async () => {
    const secure = await sinkWith({ tls });
    const plain = await sinkWith();
    for (const sink of [secure, plain]) {
      const provider = providerTo(sink, { tls: 'opportunistic' });
      expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
    }
    expect([secure.messages[0]?.secure, plain.messages[0]?.secure]).toEqual([true, false]);
  });

  it('opportunistic: gives no password to a host whose certificate proves nothing', async () => {
    const sink = await sinkWith({ tls, users: { app: 'secret' } });
    const provider = providerTo(sink, { tls: 'opportunistic', username: 'app', password: 'secret' });
    expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['unavailable']);
    expect(sink.transcript.some((line) => line.includes('AUTH '))).toBe(false);
    const proven = providerTo(sink, { tls: 'opportunistic', username: 'app', password: 'secret', ca: testCertificate });
    expect(kinds(await proven.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
  });

  it.each(['required', 'implicit'] as const)('%s: the certificate has serverName where that is set', async (mode) => {
    const sink = await sinkWith({ tls: { ...tls, implicit: mode === 'implicit' } });
    // 0.0.0.0 reaches the sink, and the certificate does not have it.
    const elsewhere = { host: '0.0.0.0', port: sink.port };
    const wrong = await providerTo(elsewhere, { tls: mode, ca: testCertificate }).check();
    expect(wrong).toMatchObject({ ok: false, detail: expect.stringContaining('set serverName') });
    const named = providerTo(elsewhere, { tls: mode, ca: testCertificate, serverName: 'localhost' });
    expect(kinds(await named.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
  });

  it('none: only to this host, unless forced', () => {
    const make = (config: Partial<SmtpConfig>) =>
      createProvider(
        'relay',
        { type: 'smtp', host: 'smtp.example.com', port: 25, tls: 'none', ...config },
        { clock: systemClock },
      );
    expect(() => make({})).toThrow(IepError);
    expect(() => make({ allowPlaintext: true })).not.toThrow();
    expect(() => make({ host: '127.0.0.1' })).not.toThrow();
  });
});

describe('allowNetworks', () => {
  it('connects to the address that was looked at, and its certificate has the name', async () => {
    const sink = await sinkWith({ tls });
    const named = { host: 'localhost', port: sink.port };
    const inside = await providerTo(named, { tls: 'required', ca: testCertificate, allowNetworks: [] }).check();
    expect(inside).toMatchObject({ ok: false, detail: expect.stringContaining('only where the operator allows') });
    expect(sink.transcript).toEqual([]);
    const allowed = { ca: testCertificate, allowNetworks: ['127.0.0.0/8'] };
    const provider = providerTo(named, { tls: 'required', ...allowed });
    expect(kinds(await provider.send(parcelFor(['x@example.com']), never))).toEqual(['delivered']);
  });
});

describe('EHLO', () => {
  const names = ({ transcript }: Sink) =>
    transcript.filter((line) => /EHLO/.test(line)).map((line) => line.split('EHLO ')[1]);

  it('gives localName, else the host name that is set, and never the loopback address of a machine that has another', async () => {
    const sink = await sinkWith();
    for (const [config, hostName] of [
      [{ localName: 'out.example.com' }, 'mail.example.com'],
      [{}, 'mail.example.com'],
      [{}, undefined],
    ] as const) {
      await providerTo(sink, config, systemClock, hostName).check();
    }
    const [first, second, third] = names(sink);
    expect([first, second]).toEqual(['out.example.com', 'mail.example.com']);
    expect(third).toBe(localNameOf([]) ?? literalFor('127.0.0.1'));
  });
});

describe('the login', () => {
  const users = { app: 'secret' };

  it('is made once for a connection', async () => {
    const sink = await sinkWith({ users });
    const provider = providerTo(sink, { username: 'app', password: 'secret' });
    await provider.send(parcelFor(['x@example.com']), never);
    await provider.send(parcelFor(['y@example.com']), never);
    expect(sink.messages.map(({ user }) => user)).toEqual(['app', 'app']);
    expect(sink.transcript.filter((line) => line.includes('AUTH'))).toHaveLength(1);
  });

  it('that is refused is the fault of the account, and the password is not told', async () => {
    const sink = await sinkWith({ users });
    const provider = providerTo(sink, { username: 'app', password: 'wrong-one' });
    const outcome = onlyOutcome(await provider.send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'unavailable', account: true });
    expect(outcome?.reply.text).not.toContain('wrong-one');
  });

  it('is tried once for all that wait: many with a wrong password would lock the account', async () => {
    const sink = await sinkWith({ users });
    const send = async (provider: Provider, count: number) =>
      Promise.all(Array.from({ length: count }, (_, n) => provider.send(parcelFor([`x${n}@example.com`]), never)));
    const wrong = await send(providerTo(sink, { username: 'app', password: 'wrong-one' }), 10);
    for (const result of wrong) expect(onlyOutcome(result)).toMatchObject({ kind: 'unavailable', account: true });
    expect(sink.transcript.filter((line) => line.includes('AUTH'))).toHaveLength(1);

    const right = await send(providerTo(sink, { username: 'app', password: 'secret' }), 10);
    expect(right.flatMap(kinds)).toEqual(Array(10).fill('delivered'));
  });

  it('that is missing is a credential error too', async () => {
    const sink = await sinkWith({ users });
    const outcome = onlyOutcome(await providerTo(sink).send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'unavailable', account: true });
  });

  it('is tried again later when the server cannot check it now', async () => {
    const sink = await sinkWith({ users }, replyAt('AUTH', '454 4.7.0 Temporary authentication failure'));
    const provider = providerTo(sink, { username: 'app', password: 'secret' });
    expect(onlyOutcome(await provider.send(parcelFor(['x@example.com']), never))?.kind).toBe('unavailable');
  });

  it('is not sent in the clear to another host when opportunistic TLS was not offered', async () => {
    const sink = await sinkWith({ users });
    // 0.0.0.0 reaches the sink, but is not a loopback address by its text.
    const provider = providerTo(
      { host: '0.0.0.0', port: sink.port },
      {
        tls: 'opportunistic',
        username: 'app',
        password: 'secret',
      },
    );
    const outcome = onlyOutcome(await provider.send(parcelFor(['x@example.com']), never));
    expect(outcome).toMatchObject({ kind: 'unavailable', account: true });
    expect(sink.transcript.some((line) => line.includes('AUTH'))).toBe(false);
  });
});
