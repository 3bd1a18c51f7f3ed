/** Providers as resources. Secrets of their settings are taken and compared, and never shown. */

import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import { isRecord } from '../../../core/is-record.ts';
import { secretsOf } from '../../../message/providers/index.ts';
import { withChange } from '../../../message/providers/secret-settings.ts';
import type { ProviderManifests } from '../../providers.ts';
import type { Present, ResourceKind, Spec, Step } from '../kind.ts';

const schema = z.strictObject({
  settings: z
    .looseObject({ type: z.string() })
    .describe('`type` and what a provider of that type takes in the configuration'),
});

export function providerKind(manifests: ProviderManifests): ResourceKind {
  const all = async (): Promise<readonly (Present & { name: string })[]> =>
    (await manifests.all()).map(({ name, type, source, settings, createdAt }) => ({
      ...{
        ref: name,
        name,
        spec: { settings: { type, ...settings } },
        source: source === 'config' ? 'config' : 'command',
      },
      ...(createdAt !== undefined && { createdAt }),
    }));
  const written = (verb: 'provider.add' | 'provider.set', name: string) =>
    ({ ref: name, action: verb, target: name, follows: ['providers'] }) satisfies Omit<Step, 'writes'>;

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Provider', plural: 'providers', of: 'platform', isOperators: true },
    summary: 'A way out for mail',
    schema,
    groups: ['settings'],
    secretsOf: (spec) => secretsOf(String(settingsOf(spec).type)).map((path) => `settings.${path.split('.')[0]}`),
    list: async () => ({ items: await all() }),
    find: async (_owner, ref) => (await all()).find((one) => one.ref === ref),
    meant(spec, present) {
      const before = present === undefined ? {} : settingsOf(present.spec);
      const given = settingsOf(spec);
      const secrets = secretsOf(String(given.type));
      const merged = withChange(before, given, secrets);
      return { settings: Object.fromEntries(Object.keys(given).map((name) => [name, merged[name]])) };
    },
    async add({ name, spec, run }) {
      const made = { ...manifests.sealed(name, settingsOf(spec)), createdAt: run.now, updatedAt: run.now };
      return { ...written('provider.add', name), writes: [{ verb: 'providers.add', input: made }] };
    },
    async set({ present, changes, run }) {
      const name = present.ref;
      requireStored(name, present.source);
      const before = settingsOf(present.spec);
      const after = { ...before };
      for (const [path, value] of changes) {
        const field = path.slice('settings.'.length);
        if (value === undefined) delete after[field];
        else after[field] = value;
      }
      if (before.type !== after.type) {
        throw new IepError('conflict', `The type of the provider ${name} is not changed: make another`);
      }
      const { settings } = manifests.sealed(name, after);
      return {
        ...written('provider.set', name),
        writes: [{ verb: 'providers.set', input: { name, settings, now: run.now } }],
      };
    },
    async remove({ present: { ref, source }, run }) {
      requireStored(ref, source);
      await manifests.requireUnused(ref, run.leaving);
      return {
        ...{ ref, action: 'provider.remove', target: ref, follows: ['providers'] },
        writes: [{ verb: 'providers.remove', input: { name: ref } }],
      };
    },
  };
}

function requireStored(name: string, source: Present['source']): void {
  if (source === 'config') throw new IepError('set_by_config', `The provider ${name} stands in the configuration`);
}

function settingsOf({ settings }: Spec): Record<string, unknown> {
  return isRecord(settings) ? settings : {};
}
