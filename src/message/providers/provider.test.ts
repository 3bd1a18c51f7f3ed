import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSink } from '../../../test/sink.ts';
import { createVendor, type VendorReply } from '../../../test/vendor.ts';
import { keysOf, pathsOf } from '../../config/keys.ts';
import { systemClock } from '../../core/clock.ts';
import { isSecretName } from '../../core/secret-names.ts';
import { graphAnswers } from './graph/answers.testing.ts';
import { createProvider, providerTypes, secretsOf, targetOf } from './index.ts';
import { mailgunAnswers } from './mailgun/answers.testing.ts';
import { postmarkAnswers } from './postmark/answers.testing.ts';
import { type Harness, providerSuite } from './provider.suite.ts';
import { resendAnswers } from './resend/answers.testing.ts';
import { sendgridAnswers } from './sendgrid/answers.testing.ts';
import { sesAnswers } from './ses/answers.testing.ts';

const deps = { clock: systemClock };

providerSuite('smtp', {
  async make() {
    const sink = await createSink();
    const provider = createProvider('relay', { type: 'smtp', host: sink.host, port: sink.port, tls: 'none' }, deps);
    return {
      provider,
      received: () => sink.messages,
      async dispose() {
        await provider.close();
        await sink.close();
      },
    };
  },
});

providerSuite('smtp to a server without extensions', {
  async make() {
    const sink = await createSink({ extensions: [] });
    const provider = createProvider('relay', { type: 'smtp', host: sink.host, port: sink.port, tls: 'none' }, deps);
    return {
      provider,
      received: () => sink.messages,
      async dispose() {
        await provider.close();
        await sink.close();
      },
    };
  },
});

const madeOfParts = 'it hands over the parts; the bytes of whole messages are below';

interface VendorCase {
  readonly type: string;
  /** The setting that holds it. */
  readonly key: string;
  readonly user: string;
  readonly looked: string;
  readonly good: VendorReply;
  readonly taken: VendorReply;
}

async function makeVendor(of: VendorCase, isWhole: boolean): Promise<Harness> {
  const vendor = await createVendor({ taken: ({ path }) => (path === of.looked ? of.good : of.taken) });
  const sink = await createSink({ users: { [of.user]: 'k' } });
  const told = { endpoint: vendor.endpoint, smtpEndpoint: `${sink.host}:${sink.port}` };
  const provider = createProvider('mail', { type: of.type, [of.key]: 'k', ...told }, deps);
  return {
    provider: isWhole
      ? { ...provider, send: ({ rendered: _, ...parcel }, stop) => provider.send(parcel, stop) }
      : provider,
    received: () => (isWhole ? sink.messages : vendor.taken.map(({ body }) => ({ to: [], bytes: Buffer.from(body) }))),
    async dispose() {
      await provider.close();
      await vendor.close();
      await sink.close();
    },
  };
}

const vendors: readonly VendorCase[] = [
  {
    ...{ type: 'sendgrid', key: 'apiKey', user: 'apikey', looked: '/v3/scopes' },
    ...{ good: sendgridAnswers.scopes, taken: sendgridAnswers.accepted },
  },
  {
    ...{ type: 'resend', key: 'apiKey', user: 'resend', looked: '/domains' },
    ...{ good: resendAnswers.domains, taken: resendAnswers.accepted },
  },
  {
    ...{ type: 'postmark', key: 'serverToken', user: 'k', looked: '/server' },
    ...{ good: postmarkAnswers.server, taken: postmarkAnswers.accepted },
  },
];

for (const one of vendors) {
  providerSuite(one.type, {
    make: () => makeVendor(one, false),
    skip: {
      'hands over the exact bytes, from memory': madeOfParts,
      'hands over the exact bytes, from a stream': madeOfParts,
      'rejects when the message cannot be composed, and works on': madeOfParts,
      'rejects when the message breaks off while it is read, and works on': madeOfParts,
    },
  });
  providerSuite(`${one.type}, whole messages`, { make: () => makeVendor(one, true) });
}

providerSuite('mailgun', {
  async make() {
    const vendor = await createVendor({
      taken: ({ path }) => (path.startsWith('/v4/') ? mailgunAnswers.domain : mailgunAnswers.accepted),
    });
    const told = { type: 'mailgun', apiKey: 'k', domain: 'example.com', endpoint: vendor.endpoint };
    const provider = createProvider('mail', told, deps);
    return {
      provider,
      received: () =>
        vendor.taken.map(({ body }) => {
          const [, message = ''] = body.split('message/rfc822\r\n\r\n', 2);
          return { to: [], bytes: Buffer.from(message.slice(0, message.lastIndexOf('\r\n--iep-'))) };
        }),
      async dispose() {
        await provider.close();
        await vendor.close();
      },
    };
  },
});

providerSuite('graph', {
  async make() {
    const login = await createVendor({ taken: () => graphAnswers.token('k') });
    const vendor = await createVendor({
      taken: ({ method }) => (method === 'GET' ? graphAnswers.user : graphAnswers.accepted),
    });
    const told = { type: 'graph', directoryId: 'd', clientId: 'c', clientSecret: 'k' };
    const endpoints = { endpoint: vendor.endpoint, loginEndpoint: login.endpoint };
    const provider = createProvider('mail', { ...told, ...endpoints }, deps);
    return {
      provider,
      received: () =>
        vendor.taken.map(({ body }) => {
          // The message of the suite names nobody.
          const message = Buffer.from(body, 'base64').toString();
          return { to: [], bytes: Buffer.from(message.replace(/^Bcc: [^\r]*\r\n/, '')) };
        }),
      async dispose() {
        await provider.close();
        await vendor.close();
        await login.close();
      },
    };
  },
});

providerSuite('ses', {
  async make() {
    const vendor = await createVendor({
      taken: ({ path }) => (path === '/v2/email/account' ? sesAnswers.account : sesAnswers.accepted),
    });
    const told = { type: 'ses', region: 'eu-central-1', accessKeyId: 'AK', secretAccessKey: 'the-secret' };
    const provider = createProvider('mail', { ...told, endpoint: vendor.endpoint }, deps);
    return {
      provider,
      received: () =>
        vendor.taken.map(({ body }) => {
          const { Content, Destination } = JSON.parse(body);
          return { to: Destination.ToAddresses, bytes: Buffer.from(Content.Raw.Data, 'base64') };
        }),
      async dispose() {
        await provider.close();
        await vendor.close();
      },
    };
  },
});

const asks = 'it takes what it is given at once; there is nothing to break off';

providerSuite('capture', {
  make: async () => ({
    provider: createProvider('dev', { type: 'capture' }, deps),
    dispose: async () => undefined,
  }),
  skip: { 'begins nothing once a stop has begun': asks },
});

const unread = 'it never reads the message';

providerSuite('null', {
  make: async () => ({
    provider: createProvider('nowhere', { type: 'null' }, deps),
    dispose: async () => undefined,
  }),
  skip: {
    'hands over the exact bytes, from memory': unread,
    'hands over the exact bytes, from a stream': unread,
    'rejects when the message cannot be composed, and works on': unread,
    'rejects when the message breaks off while it is read, and works on': unread,
    'begins nothing once a stop has begun': asks,
  },
});

describe('the registry', () => {
  const shapes = providerTypes.map(({ type, settings, secrets, flags }) => {
    const keys = keysOf(settings);
    const names = keys.kind === 'group' ? Object.keys(keys.keys) : [];
    return { type, secrets, flags, names, paths: pathsOf(keys) };
  });

  it('makes each type by its settings, with the defaults of its schema', () => {
    const made = [{ type: 'capture' }, { type: 'null' }, { type: 'smtp', host: 'smtp.example.com' }].map((settings) =>
      createProvider('x', { ...settings, maxPerSecond: 3 }, deps),
    );
    expect(made.map(({ type }) => type)).toEqual(['capture', 'null', 'smtp']);
    expect(made.map(({ maxPerSecond }) => maxPerSecond)).toEqual([3, 3, 3]);
    expect(made[2]).toMatchObject({ concurrency: 20, capabilities: { maxRecipients: 50, wantsDkim: true } });
  });

  it('calls secret what all else that hides secrets takes for one, and nothing less', () => {
    const isSecret = (path: string) => isSecretName(path.slice(path.lastIndexOf('.') + 1));
    for (const { type, paths, secrets } of shapes) expect(secrets, type).toEqual(paths.filter(isSecret));
    expect(secretsOf('smtp')).toEqual([
      'password',
      ...['clientSecret', 'refreshToken', 'serviceAccount.private_key'].map((name) => `oauth2.${name}`),
    ]);
    expect(secretsOf('sendgrid')).toEqual(['apiKey']);
  });

  it('alone knows types by their names', () => {
    const asks = new RegExp(`type\\s*[!=]==\\s*'(?:${shapes.map(({ type }) => type).join('|')})'`);
    const src = join(import.meta.dirname, '../..');
    const files = globSync('**/*.ts', { cwd: src }).filter((file) => !/^message\/providers\/|\.test\.ts$/.test(file));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => asks.test(readFileSync(join(src, file), 'utf8')))).toEqual([]);
  });

  it('has flags for settings that there are', () => {
    for (const { type, names, paths, flags } of shapes) {
      const isSetting = (name: string) =>
        names.includes(name) || paths.some((path) => `${path}.`.startsWith(`${name}.`));
      expect(
        Object.keys(flags).filter((name) => !isSetting(name)),
        type,
      ).toEqual([]);
    }
  });

  it('tells where mail goes, also of settings that are shown without secrets', () => {
    const relay = { type: 'smtp', host: 'smtp.example.com', username: 'iep', password: 'set' };
    expect([relay, { type: 'smtp' }, { type: 'null' }, { type: 'fax' }].map(targetOf)).toEqual([
      'smtp.example.com:587',
      ...['', '', ''],
    ]);
  });
});
