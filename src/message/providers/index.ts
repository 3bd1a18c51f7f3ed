/** The registry of ways out: the one list of vendors beside the configuration's schema. */

import type { Clock } from '../../core/clock.ts';
import { createCaptureProvider } from './capture/send.ts';
import { createNullProvider } from './null/send.ts';
import { withoutOwnSecrets } from './own-secrets.ts';
import type { Provider } from './provider.ts';
import { createSmtpProvider } from './smtp/send.ts';
import type { SmtpConfig } from './smtp/settings.ts';

/** What every type takes beside its own settings. */
interface Common {
  readonly maxPerSecond?: number | undefined;
}

interface Configs {
  smtp: SmtpConfig & Common;
  capture: { readonly type: 'capture' } & Common;
  null: { readonly type: 'null' } & Common;
}

export type ProviderType = keyof Configs;
export type ProviderConfig = Configs[ProviderType];

export interface ProviderDeps {
  readonly clock: Clock;
  /** The name of this machine that the operator set; asked each time it is needed. */
  readonly hostName?: () => string | undefined;
}

type Create<T extends ProviderType> = (name: string, config: Configs[T], deps: ProviderDeps) => Provider;

const registry: { readonly [T in ProviderType]: Create<T> } = {
  smtp: createSmtpProvider,
  capture: createCaptureProvider,
  null: createNullProvider,
};

/** Throws the refusal `bad_config` where the settings contradict each other. Connects to nothing yet. */
export function createProvider<T extends ProviderType>(
  name: string,
  config: Configs[T] & { readonly type: T },
  deps: ProviderDeps,
): Provider {
  const provider = withoutOwnSecrets(registry[config.type](name, config, deps), config);
  return config.maxPerSecond === undefined ? provider : { ...provider, maxPerSecond: config.maxPerSecond };
}
