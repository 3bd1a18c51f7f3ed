/** The verbs of people: users, the links that they set a password by, and who is signed in. */

/** For the whole platform. An owner also makes other owners; a viewer changes nothing. */
export const platformRoles = ['owner', 'operator', 'viewer'] as const;
export type PlatformRole = (typeof platformRoles)[number];

/** Within one tenant. */
export const memberRoles = ['admin', 'sender', 'viewer'] as const;
export type MemberRole = (typeof memberRoles)[number];

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

/** What somebody shows of who it is. */
export const shownFactors = ['password', 'link', 'totp', 'recovery_code', 'passkey'] as const;
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
  addUser(user: Omit<UserRow, 'factors'>): Promise<void>;
  /** By address; with a tenant its members. */
  users(input: { tenantId?: string }): Promise<readonly UserRow[]>;
  user(input: { id: string } | { email: string }): Promise<UserRow | undefined>;
  /**
   * Changes what is given; a role of null leaves the user to its tenants, a password of null is none, `factors` of null takes
   * away all that there is besides the password. Undefined: no such user.
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
  sweepPeople(input: { now: number; limit: number }): Promise<number>;
}
