/** Options that follow the configuration, seen by whoever was given them. */

import { expect, it } from 'vitest';
import { configSchema } from '../../cli/configuration.ts';
import { createLiveConfig } from './live-config.ts';

it('keeps options up to date in place, those that are left out included', () => {
  const live = createLiveConfig(configSchema.parse({ routing: { primary: 'a', fallback: 'b' } }));
  const options = live.options(({ routing }) => routing);
  live.change(configSchema.parse({ routing: { primary: 'b' } }));
  expect(options).toEqual({ primary: 'b' });
  expect(Object.keys(options)).toEqual(['primary']);
});

it('leaves the configurations themselves as they are', () => {
  const started = configSchema.parse({ retry: { maxAttempts: 3 } });
  const live = createLiveConfig(started);
  live.options(({ retry }) => retry);
  live.change(configSchema.parse({ retry: { maxAttempts: 9 } }));
  expect(started.retry.maxAttempts).toBe(3);
  expect(live.now().retry.maxAttempts).toBe(9);
});

it('changes nothing where one of the options cannot be made', () => {
  const live = createLiveConfig(configSchema.parse({ shutdownSeconds: 1 }));
  const first = live.options(({ shutdownSeconds }) => ({ shutdownSeconds }));
  live.options(({ shutdownSeconds }) => {
    if (shutdownSeconds > 1) throw new Error('too long');
    return {};
  });
  expect(() => live.change(configSchema.parse({ shutdownSeconds: 2 }))).toThrow('too long');
  expect(first.shutdownSeconds).toBe(1);
  expect(live.now().shutdownSeconds).toBe(1);
});
