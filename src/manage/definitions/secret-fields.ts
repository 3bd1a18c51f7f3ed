/** The secret fields of a definition: sealed apart, with a mask of each among those that are shown. */

import { maskedUrl } from '../../core/masked-url.ts';
import type { Json } from '../../core/message.ts';
import type { Vault } from '../../core/vault.ts';
import type { Definition, DefinitionFields } from '../../db/verbs/definitions.ts';

const contextOf = (id: string) => `definition:${id}`;

/** All fields as they were given. */
export function wholeFields(vault: Pick<Vault, 'open'>, { id, fields, sealed }: Definition): DefinitionFields {
  if (sealed === undefined) return fields;
  return { ...fields, ...(JSON.parse(vault.open(sealed, contextOf(id))) as DefinitionFields) };
}

/** What the store keeps of these fields. */
export function keptFields(
  vault: Pick<Vault, 'seal'>,
  { id, secrets, fields }: { readonly id: string; readonly secrets: readonly string[]; readonly fields: object },
): Pick<Definition, 'fields' | 'sealed'> {
  const said = Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined);
  const hidden = said.filter(([name]) => secrets.includes(name));
  return {
    fields: maskedFields(Object.fromEntries(said), secrets),
    ...(hidden.length > 0 && { sealed: vault.seal(JSON.stringify(Object.fromEntries(hidden)), contextOf(id)) }),
  };
}

/** The fields as they are meant: the mask of a secret stands for the one that is there. */
export function meantFields(said: DefinitionFields, before: { shown: DefinitionFields; whole: DefinitionFields }) {
  const meant = Object.entries(said).map(([name, value]) => {
    const isMask = before.shown[name] !== before.whole[name] && value === before.shown[name];
    return [name, isMask ? before.whole[name] : value] as const;
  });
  return Object.fromEntries(meant) as DefinitionFields;
}

/** The fields as they are shown. */
export function maskedFields(fields: DefinitionFields, secrets: readonly string[]): DefinitionFields {
  const shown = Object.entries(fields).map(([name, value]) => [name, secrets.includes(name) ? maskOf(value) : value]);
  return Object.fromEntries(shown) as DefinitionFields;
}

function maskOf(value: Json): string {
  return typeof value === 'string' ? maskedUrl(value) : 'set';
}
