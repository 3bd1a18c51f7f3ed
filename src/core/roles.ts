/** The roles of people. */

/** For the whole platform, those that may more first. An owner also makes other owners; a viewer changes nothing. */
export const platformRoles = ['owner', 'operator', 'viewer'] as const;
export type PlatformRole = (typeof platformRoles)[number];

/** Within one tenant, those that may more first. */
export const memberRoles = ['admin', 'sender', 'viewer'] as const;
export type MemberRole = (typeof memberRoles)[number];
