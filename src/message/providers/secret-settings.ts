/** Settings by their paths (`oauth2.clientSecret`), shown without what is secret, and changed by who was shown that. */

/** What is shown of a secret. */
const SHOWN = 'set';

type Settings = Readonly<Record<string, unknown>>;

/** Undefined where there is none. */
export function valueAt(settings: Settings, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (isGroup(value) ? value[name] : undefined), settings);
}

/** `secrets`: paths. */
export function withSecretsHidden(settings: Settings, secrets: readonly string[]): Settings {
  const shownOf = (group: Settings, prefix: string): Settings =>
    Object.fromEntries(
      Object.entries(group).flatMap(([name, value]) => {
        const path = prefix + name;
        if (value === undefined) return [];
        if (secrets.includes(path)) return [[name, SHOWN]];
        return [[name, isGroup(value) ? shownOf(value, `${path}.`) : value]];
      }),
    );
  return shownOf(settings, '');
}

/**
 * The settings as they would be: a group is changed by what is in it, and null takes away. What is shown of a secret is not
 * the secret; a caller who sends back what was shown means to leave it as it is.
 */
export function withChange(settings: Settings, change: Settings, secrets: readonly string[]): Settings {
  const merge = (before: Settings, with_: Settings, prefix: string): Settings => {
    const after: Record<string, unknown> = { ...before };
    for (const [name, value] of Object.entries(with_)) {
      const path = prefix + name;
      const old = before[name];
      if (value === undefined || (value === SHOWN && secrets.includes(path))) continue;
      if (value === null) delete after[name];
      else after[name] = isGroup(value) ? merge(isGroup(old) ? old : {}, value, `${path}.`) : value;
    }
    return after;
  };
  return merge(settings, change, '');
}

function isGroup(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
