import { describe, expect, it } from 'vitest';
import { createSink } from '../../../test/sink.ts';
import { systemClock } from '../../core/clock.ts';
import { createProvider, type ProviderConfig } from './index.ts';
import { providerSuite } from './provider.suite.ts';

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

describe('createProvider', () => {
  it('makes each type by its configuration', () => {
    const configs: ProviderConfig[] = [
      { type: 'capture' },
      { type: 'null' },
      { type: 'smtp', host: 'smtp.example.com', port: 587 },
    ];
    const made = configs.map((config) => createProvider('x', config, deps));
    expect(made.map(({ type }) => type)).toEqual(['capture', 'null', 'smtp']);
  });
});
