/** The verbs of factors on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { addPasskey, passkey, passkeys, removePasskey, usePasskey } from './passkeys.ts';
import { confirmTotp, offerTotp, removeTotp, setRecoveryCodes, totp, useRecoveryCode, useTotpStep } from './totp.ts';

export const factors: Slice<'factors'> = {
  addPasskey,
  confirmTotp,
  offerTotp,
  passkey,
  passkeys,
  removePasskey,
  removeTotp,
  setRecoveryCodes,
  totp,
  usePasskey,
  useRecoveryCode,
  useTotpStep,
};
