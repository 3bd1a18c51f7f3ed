/** Sender domains in the store: what was found in DNS, with history, and the DKIM keys that sign for each. */

export const dkimAlgorithms = ['rsa-sha256', 'ed25519-sha256'] as const;
export type DkimAlgorithm = (typeof dkimAlgorithms)[number];

/** `next`: waits until its record is seen. `active`: signs. `retired`: signs no more, but what it signed is under way. */
export const dkimStates = ['next', 'active', 'retired'] as const;
export type DkimState = (typeof dkimStates)[number];

export interface DkimKey {
  readonly id: string;
  /** Names the keys that come and go together: the selector of the RSA key. */
  readonly slot: string;
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  /** Base64, as in the record's `p=`. */
  readonly publicKey: string;
  readonly state: DkimState;
  /** Whether the last look at DNS found its record; absent before the first. */
  readonly published?: boolean;
  readonly createdAt: number;
  readonly activatedAt?: number;
  readonly retiredAt?: number;
}

/** With its private half: PKCS #8 in PEM, sealed by the vault for the context `dkim:<id>`. */
export interface SealedDkimKey extends DkimKey {
  readonly privateKey: string;
}

/** A key that may sign now. */
export interface SigningKeyRow {
  readonly id: string;
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  readonly privateKey: string;
}

export const recordPurposes = ['spf', 'dkim', 'dmarc', 'return-path'] as const;
export type RecordPurpose = (typeof recordPurposes)[number];

export const findings = ['ok', 'missing', 'wrong', 'dns_failure'] as const;
export type RecordFinding = (typeof findings)[number];

/** What one look at DNS said of one record. */
export interface RecordCheck {
  readonly purpose: RecordPurpose;
  readonly name: string;
  readonly status: RecordFinding;
  /** Whether the domain is verified only with it. */
  readonly required: boolean;
  readonly found: readonly string[];
  /** One sentence for people. */
  readonly detail: string;
  /** The DKIM key it is about. */
  readonly keyId?: string;
}

export interface DomainCheck {
  readonly at: number;
  /** Whether the domain was verified from then on. */
  readonly verified: boolean;
  readonly results: readonly RecordCheck[];
}

/** Who put a domain on a tenant's list. */
export type AddedBy = 'operator' | 'tenant';

export interface SenderDomain {
  readonly id: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly domain: string;
  readonly addedBy: AddedBy;
  /** Whether the tenant may send from it: what its own key added it holds once it is verified. */
  readonly held: boolean;
  /** Other tenants may hold it too, and all of them sign with the same keys. */
  readonly shared: boolean;
  readonly verified: boolean;
  /** When it became so. */
  readonly verifiedAt?: number;
  readonly checkedAt?: number;
  readonly createdAt: number;
  /** Oldest first. */
  readonly keys: readonly DkimKey[];
}

export interface DomainVerbs {
  /**
   * Puts a domain on a tenant's list. Refuses with `conflict` where that changes nothing, and where another tenant holds
   * the domain; a tenant's own key is refused also below a domain that another holds. With `shared`, which is the
   * operator's to say, all who hold it share it, and the keys that are there stay.
   */
  add(input: {
    tenantId: string;
    domain: string;
    id: string;
    now: number;
    keys?: readonly SealedDkimKey[];
    /** By default the operator. */
    by?: AddedBy;
    shared?: boolean;
  }): Promise<void>;
  /** False where it is not there, or where the operator added it and a tenant wants it gone. */
  remove(input: { tenantId: string; domain: string; by?: AddedBy }): Promise<boolean>;
  get(input: { tenantId: string; domain: string }): Promise<SenderDomain | undefined>;
  /** By name. */
  list(input: { tenantId: string }): Promise<readonly SenderDomain[]>;
  /** Keys of a tenant that sign now: active, and not missing from DNS where another key of the domain is there. */
  signingKeys(input: { tenantId: string }): Promise<readonly SigningKeyRow[]>;
  /** Adds keys; those that have the slot now go, unless they are active: then `conflict`. */
  addKeys(input: { tenantId: string; domain: string; keys: readonly SealedDkimKey[] }): Promise<void>;
  /** The keys of a slot sign from now on, and those that did are retired. */
  activateKeys(input: { tenantId: string; domain: string; slot: string; now: number }): Promise<void>;
  /**
   * Remembers a look at DNS, and what follows from it: whether the domain is verified, and with that held where no other
   * tenant holds it; and, with `activate`, the keys of a slot that sign from now on. False: the domain is gone.
   */
  recordCheck(input: { tenantId: string; domain: string; check: DomainCheck; activate?: string }): Promise<boolean>;
  /** Newest first. */
  checks(input: { tenantId: string; domain: string; limit: number }): Promise<readonly DomainCheck[]>;
  /** Domains of all tenants whose last look is older than `before`, longest ago first. */
  due(input: {
    verifiedBefore: number;
    unverifiedBefore: number;
    limit: number;
  }): Promise<readonly { readonly tenantId: string; readonly domain: string }[]>;
}
