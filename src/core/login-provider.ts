/** A login provider, as the configuration has it: where people sign in by OpenID Connect, and which roles that gives them here. */

import * as z from 'zod';
import { isLoopback } from './loopback.ts';
import { memberRoles, platformRoles } from './roles.ts';

/** What a session was begun by that no provider has begun. */
const OTHER_WAYS = ['password', 'link', 'passkey'];

const membership = z.strictObject({ tenant: z.string().min(1), role: z.enum(memberRoles) });

export const loginProviderSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'Expected letters, digits, _ and -')
    .refine((name) => !OTHER_WAYS.includes(name.toLowerCase()), 'Another way of signing in is called so'),
  issuer: z.url({ protocol: /^https?$/ }).refine(isSafe, 'Expected https://, or http:// on this machine'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  trustEmail: z.boolean().default(false),
  roles: z
    .strictObject({
      claim: z.string().min(1).max(500),
      map: z.record(z.string(), z.union([z.enum(platformRoles), membership, z.array(membership).min(1)])),
    })
    .optional(),
});

export type LoginProviderSettings = z.output<typeof loginProviderSettings>;
export type RolesByClaim = NonNullable<LoginProviderSettings['roles']>;

/** The client's secret, and who somebody is, go there. */
function isSafe(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  return protocol === 'https:' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
}

/** Slugs of the tenants that the roles name. */
export function tenantsNamed({ roles }: Pick<LoginProviderSettings, 'roles'>): readonly string[] {
  const grants = Object.values(roles?.map ?? {}).flat();
  return [...new Set(grants.flatMap((grant) => (typeof grant === 'string' ? [] : [grant.tenant])))];
}
