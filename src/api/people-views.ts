/** What the calls about people answer, as schemas, and how it is made of what the store has. */

import * as z from 'zod';
import type { Directory } from '../access/directory.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import { memberRoles, platformRoles } from '../core/roles.ts';
import { endOf } from '../core/session-life.ts';
import { type Factors, linkKinds, type SessionRow, shownFactors, type UserRow } from '../db/verbs/people.ts';
import type { Link, ResetUser } from '../manage/users.ts';
import { factorsShape } from './factor-views.ts';
import { textOrNull, time, timeOrNull } from './shapes.ts';

const membershipShape = z.strictObject({ tenant: z.string().describe('Slug'), role: z.enum(memberRoles) });

export const userShape = z.strictObject({
  id: z.string(),
  email: z.string(),
  role: z.enum(platformRoles).nullable().describe('In the whole platform; null for a member of tenants alone'),
  tenants: z.array(membershipShape),
  hasPassword: z.boolean(),
  factors: factorsShape.describe('What it signs in with besides the password'),
  issuers: z.array(z.string()).describe('Of the login providers that know it'),
  createdAt: time,
  updatedAt: time,
  signedInAt: timeOrNull,
});

export const userLinkShape = userShape.extend({
  link: z.strictObject({ url: z.string().describe('Good once; shown this once'), expiresAt: time }),
});

export const resetUserShape = userLinkShape.extend({
  removed: factorsShape.describe('What it had besides the password, and has no longer'),
});

export const sessionShape = z.strictObject({
  id: z.string(),
  email: z.string(),
  way: z.string().describe('`password`, `link`, `passkey`, or the name of a provider of logins'),
  factor: z.enum(shownFactors).nullable().describe('What was shown last of the second factor, or of what there is'),
  source: z.string(),
  agent: textOrNull,
  createdAt: time,
  usedAt: time,
  endsAt: time.describe('If nobody calls before'),
  isCurrent: z.boolean(),
});

export const currentSessionShape = z.strictObject({
  user: z.strictObject({
    email: z.string(),
    roles: z.array(z.enum(platformRoles)).describe('In the whole platform; none for a member of tenants alone'),
    tenants: z.array(membershipShape),
  }),
  hasPassword: z.boolean(),
  factors: factorsShape,
  loginProviders: z.array(z.string()).describe('Names of the login providers that know the person'),
  secondFactorMissing: z
    .boolean()
    .describe(
      'The platform asks for a second factor that was not shown: there is nothing to do but to set one up, or show it',
    ),
  csrf: z.string().describe('What writing calls send as x-iep-csrf; another after each rise of rights'),
  id: z.string(),
  endsAt: time,
  factorAt: timeOrNull.describe('When the second factor was shown last, or what there is where there is none'),
});

export const linkUseShape = z.strictObject({ kind: z.enum(linkKinds), email: textOrNull });

export const noFactors: Factors = { totp: false, recoveryCodes: 0, passkeys: 0 };

export async function userView(user: UserRow, directory: Directory): Promise<z.output<typeof userShape>> {
  return {
    id: user.id,
    email: user.email,
    role: user.role ?? null,
    tenants: await membershipsView(user, directory),
    hasPassword: user.passwordHash !== undefined,
    factors: user.factors ?? noFactors,
    issuers: [...(user.issuers ?? [])],
    createdAt: rfc3339(user.createdAt),
    updatedAt: rfc3339(user.updatedAt),
    signedInAt: user.signedInAt === undefined ? null : rfc3339(user.signedInAt),
  };
}

export async function membershipsView({ tenants }: UserRow, directory: Directory) {
  const views = await Promise.all(
    tenants.map(async ({ tenantId, role }) => ({ tenant: (await directory.byId(tenantId))?.slug, role })),
  );
  return views.flatMap(({ tenant, role }) => (tenant === undefined ? [] : [{ tenant, role }]));
}

export async function userLinkView(
  { user, link }: { readonly user: UserRow; readonly link: Link },
  directory: Directory,
): Promise<z.output<typeof userLinkShape>> {
  return { ...(await userView(user, directory)), link: { url: link.url, expiresAt: rfc3339(link.expiresAt) } };
}

export async function resetUserView(reset: ResetUser, directory: Directory): Promise<z.output<typeof resetUserShape>> {
  return { ...(await userLinkView(reset, directory)), removed: reset.removed ?? noFactors };
}

export function sessionView(
  row: SessionRow,
  email: string,
  currentId: string | undefined,
): z.output<typeof sessionShape> {
  return {
    ...{ id: row.id, email, way: row.way, factor: row.factor ?? null, source: row.source, agent: row.agent ?? null },
    createdAt: rfc3339(row.createdAt),
    usedAt: rfc3339(row.usedAt),
    endsAt: rfc3339(endOf(row)),
    isCurrent: row.id === currentId,
  };
}
