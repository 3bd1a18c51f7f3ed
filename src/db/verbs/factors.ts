/** The verbs of what a person shows besides the password: TOTP with recovery codes, and passkeys. */

import type { UserRow } from './people.ts';

export interface PasskeyRow {
  /** Of the credential, base64url. */
  readonly id: string;
  readonly userId: string;
  /** Given by its user. */
  readonly name: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  /** As the authenticator told it last; 0 by one that does not count. */
  readonly counter: number;
  /** How a browser reaches it: `internal`, `usb`, `hybrid`… */
  readonly transports: readonly string[];
  readonly createdAt: number;
  readonly usedAt?: number;
}

/** What a passkey answered: it is good once. */
export interface AnsweredChallenge {
  /** SHA-256 of the challenge. */
  readonly hash: string;
  readonly expiresAt: number;
}

/**
 * What changes the factors of a user ends its sessions but for `keepSession`, so that each session that goes on has shown what
 * there is.
 */
export interface FactorVerbs {
  /** Keeps a secret of which no code was given yet, in place of another such. Refuses with `conflict` where the user has TOTP. */
  offerTotp(input: { userId: string; secret: string }): Promise<void>;
  /** The sealed secret. */
  totp(input: {
    userId: string;
  }): Promise<{ readonly secret: string; readonly isConfirmed: boolean; readonly step?: number } | undefined>;
  /** From now on the user has TOTP. `step` is the time step of the code that was given. False: nothing was offered. */
  confirmTotp(input: {
    userId: string;
    step: number;
    recoveryHashes: readonly string[];
    keepSession: string;
    now: number;
  }): Promise<boolean>;
  /** False: a code of this time step, or of a later one, was taken before. */
  useTotpStep(input: { userId: string; step: number }): Promise<boolean>;
  /** False where the code is unknown or used. */
  useRecoveryCode(input: { userId: string; hash: string }): Promise<boolean>;
  /** In place of those there are. False: the user has no TOTP. */
  setRecoveryCodes(input: { userId: string; hashes: readonly string[] }): Promise<boolean>;
  /** With the recovery codes. False: the user has none. */
  removeTotp(input: { userId: string; keepSession: string }): Promise<boolean>;
  /** False: the challenge was answered before. Refuses with `conflict` where there is a passkey of this id. */
  addPasskey(input: { passkey: PasskeyRow; challenge: AnsweredChallenge; keepSession: string }): Promise<boolean>;
  /** Oldest first. */
  passkeys(input: { userId: string }): Promise<readonly PasskeyRow[]>;
  passkey(input: { id: string }): Promise<{ readonly passkey: PasskeyRow; readonly user: UserRow } | undefined>;
  /** False: the challenge was answered before, the counter does not go on from the last, or the passkey is gone. */
  usePasskey(input: { id: string; counter: number; challenge: AnsweredChallenge; now: number }): Promise<boolean>;
  /** False: this user has no such passkey. */
  removePasskey(input: { id: string; userId: string; keepSession: string }): Promise<boolean>;
}
