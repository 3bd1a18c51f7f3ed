/** What is done to the providers at the desk, with who does it. */

import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import type { ProviderDesk, ProviderTest, ShownProvider } from './providers.ts';

type Input<Name extends 'add' | 'set' | 'remove' | 'test'> = Parameters<ProviderDesk[Name]>[0];

/** As the desk's functions of the same names. */
export interface ProviderActions {
  add(caller: Caller, input: Input<'add'>): Promise<ShownProvider>;
  set(caller: Caller, input: Input<'set'>): Promise<ShownProvider>;
  remove(caller: Caller, input: Input<'remove'>): Promise<void>;
  test(caller: Caller, input: Input<'test'>): Promise<ProviderTest>;
}

export interface ProviderActionsDeps {
  readonly providers: Pick<ProviderDesk, 'add' | 'set' | 'remove' | 'test'>;
  readonly audit: Pick<Audit, 'act'>;
}

export function createProviderActions({ providers, audit }: ProviderActionsDeps): ProviderActions {
  return {
    add: (caller, input) =>
      audit.act(caller, { action: 'provider.add', target: input.name }, () => providers.add(input)),
    set: (caller, input) =>
      audit.act(caller, { action: 'provider.set', target: input.name }, () => providers.set(input)),
    remove: (caller, input) =>
      audit.act(caller, { action: 'provider.remove', target: input.name }, () => providers.remove(input)),
    test: (caller, input) =>
      audit.act(caller, { action: 'provider.test', target: input.name }, () => providers.test(input)),
  };
}
