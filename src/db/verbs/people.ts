/** The verbs of people: users, the links that they set a password by, and who is signed in. */

import type { MemberRole, PlatformRole } from '../../core/roles.ts';

export interface Membership {
  readonly tenantId: string;
  readonly role: MemberRole;
}

/** What a user shows besides the password. */
export interface Factors {
  readonly totp: boolean;
  /** That are left. */
  readonly recoveryCodes: number;
  readonly passkeys: number;
}

export interface UserRow {
  readonly id: string;
  /** In lower case. */
  readonly email: string;
  /** Absent: a member of tenants alone. */
  readonly role?: PlatformRole;
  readonly tenants: readonly Membership[];
  /** argon2id in PHC form. */
  readonly passwordHash?: string;
  /** Absent: it has no more than a password. */
  readonly factors?: Factors;
  /** Of the login providers that know it. Absent: none does. */
  readonly issuers?: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly signedInAt?: number;
}

/** `owner`: makes the first owner. `password`: its user sets a password or a passkey. `sign-in`: lets its user in. */
export const linkKinds = ['owner', 'password', 'sign-in'] as const;
export type LinkKind = (typeof linkKinds)[number];

export interface LinkRow {
  /** SHA-256 of what stands in the link. */
  readonly hash: string;
  readonly kind: LinkKind;
  /** Absent for the kind `owner`. */
  readonly userId?: string;
  readonly expiresAt: number;
}

/** Who somebody is to a login provider: OpenID Connect promises that the two together never mean another person. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

/** Who comes from a login provider, which has proved it. */
export interface Entry {
  readonly identity: Identity;
  /** In lower case. Absent: the provider does not vouch for one. */
  readonly email?: string;
  /** What the provider lets it do here; absent: that is decided here. */
  readonly rights?: { readonly role?: PlatformRole; readonly tenants: readonly Membership[] };
}

/**
 * `known`: the identity was seen before. `joined`: it is from now on that of a user who had nothing to sign in with.
 * `added`: a new user.
 */
export type Entered = 'known' | 'joined' | 'added';

/**
 * `no_role`: it may do nothing here. `no_email`: nobody here is known by the identity, and no address is vouched for.
 * `taken`: the address is that of a user who signs in otherwise.
 */
export type EntryRefusal = 'no_role' | 'no_email' | 'taken';

/** What somebody shows of who it is. `provider`: a login there; `provider_mfa`: one for which the provider vouches for a second factor. */
export const shownFactors = [
  'password',
  'link',
  'totp',
  'recovery_code',
  'passkey',
  'provider',
  'provider_mfa',
] as const;
export type Factor = (typeof shownFactors)[number];

export interface SessionRow {
  readonly id: string;
  readonly userId: string;
  /** SHA-256 of what its cookie holds. */
  readonly hash: string;
  /** What its user signed in with: `password`, `link`, `passkey`, the name of a provider. */
  readonly way: string;
  readonly source: string;
  readonly agent?: string;
  readonly createdAt: number;
  readonly usedAt: number;
  /** What was shown last of the second factor, or of what there is by who has none; absent where the session has shown less. */
  readonly factor?: Factor;
  /** When that was. */
  readonly factorAt?: number;
}

export interface SignedIn {
  readonly session: SessionRow;
  readonly user: UserRow;
}

export interface PeopleVerbs {
  /** Refuses with `conflict` where the address has a user, with `not_found` where a tenant is not there. */
  addUser(user: Omit<UserRow, 'factors' | 'issuers'>): Promise<void>;
  /** By address; with a tenant its members. */
  users(input: { tenantId?: string }): Promise<readonly UserRow[]>;
  user(input: { id: string } | { email: string } | Identity): Promise<UserRow | undefined>;
  /**
   * Changes what is given; a role of null leaves the user to its tenants, a password of null is none, `factors` of null takes
   * away all that there is besides the password, identities included. Undefined: no such user.
   * Refuses with `conflict` where nobody would be owner any more. Ends its sessions where role, tenants, password or factors
   * change, but for `keepSession`.
   */
  setUser(input: {
    userId: string;
    role?: PlatformRole | null;
    tenants?: readonly Membership[];
    passwordHash?: string | null;
    factors?: null;
    signedInAt?: number;
    keepSession?: string;
    now: number;
  }): Promise<UserRow | undefined>;
  /**
   * Finds or adds the user who comes from a login provider, and gives it the rights that come along. Where these are others than
   * before, its sessions end; they are taken over also where nothing is left of them. `before`: as the user was, where it was.
   * Refuses with `conflict` where nobody would be owner any more.
   */
  enter(
    input: Entry & { readonly userId: string; readonly now: number },
  ): Promise<
    | { readonly entered: Entered; readonly user: UserRow; readonly before?: UserRow }
    | { readonly refused: EntryRefusal; readonly user?: UserRow; readonly before?: UserRow }
  >;
  /** With its sessions and links. False: no such user. Refuses with `conflict` where it is the last owner. */
  removeUser(input: { userId: string }): Promise<boolean>;
  /** In place of the other links of this user; one without a user in place of the others without. */
  addLink(link: LinkRow): Promise<void>;
  /** Undefined where it was used, has ended, or its user is gone; a link for the first owner once there is one. */
  link(input: { hash: string; now: number }): Promise<{ readonly link: LinkRow; readonly user?: UserRow } | undefined>;
  /**
   * Uses a link up, sets the password and ends the sessions of its user; for one without a user adds `owner`. Undefined where
   * `link` would say so. Refuses with `conflict` where the address of `owner` has a user.
   */
  useLink(input: {
    hash: string;
    passwordHash?: string;
    owner?: { readonly id: string; readonly email: string };
    now: number;
  }): Promise<UserRow | undefined>;
  addSession(session: SessionRow): Promise<void>;
  /** Undefined where nobody is signed in by that, or was for too long (core/session-life.ts). */
  session(input: { hash: string; now: number }): Promise<SignedIn | undefined>;
  /** Changes what is given: another `hash` ends the cookie that there was. False: no such session. */
  setSession(input: {
    sessionId: string;
    hash?: string;
    usedAt?: number;
    factor?: Factor;
    factorAt?: number;
  }): Promise<boolean>;
  /** Newest first; of all without a user. */
  sessions(input: { userId?: string; now: number }): Promise<readonly SessionRow[]>;
  /** With a user only where it is one of its own. False: no such session. */
  endSession(input: { sessionId: string; userId?: string }): Promise<boolean>;
  /** Takes away up to `limit` each of sessions, links and answered challenges that have ended, and tells how many. */
  sweep(input: { now: number; limit: number }): Promise<number>;
}
