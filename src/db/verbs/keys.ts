/** The verbs of API keys. */

export const scopes = ['send', 'read', 'admin', 'operator'] as const;

export type Scope = (typeof scopes)[number];

export interface KeyRow {
  readonly id: string;
  /** Absent: an operator's key. */
  readonly tenantId?: string;
  readonly prefix: string;
  readonly name?: string;
  /** argon2id in PHC form. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly lastUsedAt?: number;
  /** Networks, as CIDR, that it works from; absent: from anywhere. */
  readonly allowedIps?: readonly string[];
}

export interface KeyVerbs {
  add(key: KeyRow): Promise<void>;
  list(input: { tenantId?: string }): Promise<readonly KeyRow[]>;
  byPrefix(prefix: string): Promise<KeyRow | undefined>;
  /** Sets what is given on one key; `allowedIps` of none means anywhere. False: no such key. */
  set(input: {
    keyId: string;
    name?: string;
    expiresAt?: number;
    revokedAt?: number;
    lastUsedAt?: number;
    allowedIps?: readonly string[];
  }): Promise<boolean>;
}
