/** Codes of a time, held to the test vectors of RFC 6238 appendix B, in six digits. */

import { Secret } from 'otpauth';
import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { createVault } from '../core/vault.ts';
import { createTotpCodes } from './totp.ts';

const nowhere = {
  factors: { totp: async () => undefined, useTotpStep: async () => false, useRecoveryCode: async () => false },
};
const vault = createVault([new Uint8Array(32)]);
const codesAt = (seconds: number) =>
  createTotpCodes({ store: nowhere, vault, clock: createManualClock(seconds * 1_000) });
const codes = codesAt(59);
const secret = Secret.fromLatin1('12345678901234567890').base32;

it.each([
  [59, '287082', 1],
  [1_111_111_109, '081804', 37_037_036],
  [1_234_567_890, '005924', 41_152_263],
  [20_000_000_000, '353130', 666_666_666],
])('at %i s the code is %s', (seconds, code, step) => {
  const sealed = { userId: 'u', secret: codes.seal('u', secret) };
  const stepAt = (at: number, typed = code) => codesAt(at).stepOf(typed, sealed);
  expect(stepAt(seconds, `${code.slice(0, 3)} ${code.slice(3)}`)).toBe(step);
  expect([-30, 0, 30].map((by) => stepAt(seconds + by))).toEqual([step, step, step]);
  expect([60, 90].map((by) => stepAt(seconds + by))).toEqual([undefined, undefined]);
});

it('opens a secret for its own user alone', () => {
  const sealed = codes.seal('u', secret);
  expect(() => codes.stepOf('287082', { userId: 'v', secret: sealed })).toThrow(/sealed for something else/);
});

it.each(['', '12345', '1234567', 'abcdef', '٣٤٥٦٧٨'])('refuses %j, which is not a code', (code) => {
  expect(codes.stepOf(code, { userId: 'u', secret: codes.seal('u', secret) })).toBeUndefined();
});
