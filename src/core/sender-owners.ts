/** Whose a sender domain is: the tenants that hold it or, where none does, the closest domain above it that one holds. */

/** Ids of the tenants; none where the domain is nobody's. */
export type OwnersOf = (domain: string) => readonly string[];

export function senderOwners(
  tenants: readonly { readonly id: string; readonly senderDomains: readonly string[] }[],
): OwnersOf {
  const owners = new Map<string, string[]>();
  for (const { id, senderDomains } of tenants) {
    for (const domain of senderDomains) {
      const known = owners.get(domain);
      if (known === undefined) owners.set(domain, [id]);
      else known.push(id);
    }
  }
  return (domain) => {
    for (let name = domain; ; name = name.slice(name.indexOf('.') + 1)) {
      const found = owners.get(name);
      if (found !== undefined) return found;
      if (!name.includes('.')) return [];
    }
  };
}
