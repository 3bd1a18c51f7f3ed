/**
 * A view of one mail that a frame and its pictures may load: neither can show a key, and a frame of no origin sends no cookie. What
 * stands in the address is sealed, is good for a few minutes, and opens that mail alone.
 */

import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import type { Vault } from '../core/vault.ts';

export interface PreviewView {
  readonly tenantId: string;
  readonly messageId: string;
  /** Pictures from outside are shown; what proves that the mail has one. Absent: they are not. */
  readonly pictureKey?: Uint8Array;
  /** Epoch ms. */
  readonly expiresAt: number;
}

const LIFE_MS = 10 * 60_000;
const CONTEXT = 'preview';
const sealedShape = z.strictObject({ t: z.string(), m: z.string(), k: z.string().optional(), e: z.int() });

export function newView(named: { tenantId: string; messageId: string; remote: boolean; now: number }): PreviewView {
  const { tenantId, messageId, remote, now } = named;
  return { tenantId, messageId, expiresAt: now + LIFE_MS, ...(remote && { pictureKey: randomBytes(32) }) };
}

export function sealView(
  vault: Pick<Vault, 'seal'>,
  { tenantId, messageId, pictureKey, expiresAt }: PreviewView,
): string {
  const key = pictureKey && Buffer.from(pictureKey).toString('base64url');
  return vault.seal(JSON.stringify({ t: tenantId, m: messageId, k: key, e: expiresAt }), CONTEXT);
}

/** Throws `not_found` for what was changed, or has ended. */
export function openView(vault: Pick<Vault, 'open'>, token: string, now: number): PreviewView {
  const ended = () => new IepError('not_found', 'This view of a message has ended');
  let text: string;
  try {
    text = vault.open(token, CONTEXT);
  } catch (error) {
    if (error instanceof IepError) throw ended();
    throw error;
  }
  const { t, m, k, e } = sealedShape.parse(JSON.parse(text));
  if (e < now) throw ended();
  return {
    tenantId: t,
    messageId: m,
    expiresAt: e,
    ...(k !== undefined && { pictureKey: Buffer.from(k, 'base64url') }),
  };
}
