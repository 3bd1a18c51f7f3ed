/** To whom a rule or a step of an escalation goes. */

import { Choice, Field, type Values } from '../../kit/form.tsx';
import { Several, severalOf } from '../../kit/several.tsx';

const kinds = ['subscriber', 'email', 'topic', 'channel'] as const;

export type Target = { readonly [kind in (typeof kinds)[number]]?: string };

interface TargetsProps {
  readonly prefix: string;
  readonly of: readonly Target[];
}

export function Targets({ prefix, of }: TargetsProps) {
  return (
    <Several label="To" noun="recipient" begin={Math.max(of.length, 1)}>
      {(at) => {
        const [kind = 'subscriber', value = ''] = Object.entries(of[at] ?? {})[0] ?? [];
        return (
          <>
            <Choice label="Kind" name={`${prefix}.${at}.kind`} value={kind} options={kinds.map((one) => [one, one])} />
            <Field label="Who" name={`${prefix}.${at}.value`} value={value} />
          </>
        );
      }}
    </Several>
  );
}

/** Those that were filled in. */
export function targetsOf(values: Values, prefix: string): readonly Target[] {
  return severalOf(values, prefix).flatMap((one) => {
    const kind = kinds.find((name) => name === values[`${one}.kind`]) ?? 'subscriber';
    const value = values[`${one}.value`]?.trim() ?? '';
    return value === '' ? [] : [{ [kind]: value }];
  });
}

export function targetsText(targets: readonly Target[]): string {
  return targets
    .flatMap((target) => Object.entries(target))
    .map(([kind, value]) => (kind === 'email' ? value : `${kind} ${value}`))
    .join(', ');
}
