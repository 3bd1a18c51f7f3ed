/**
 * The provider `resend`: messages of parts go to `POST /emails` with a key by which Resend knows each of them again for a day;
 * whole ones go to its SMTP endpoint.
 */

import { createPartsCarrier, type PartsVendor } from '../http/carrier.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import type { Carrier } from '../provider.ts';
import type { TypeDeps } from '../type.ts';
import { bodyOf, MAX_BYTES, MAX_RECIPIENTS, TITLE, whyNot } from './body.ts';
import { resendTable } from './outcomes.ts';
import type { ResendSettings } from './settings.ts';

export function createResendProvider(name: string, settings: ResendSettings, deps: TypeDeps): Carrier {
  const { apiKey } = settings;
  const vendor: PartsVendor = {
    ...{ title: TITLE, smtpUser: 'resend', path: '/emails', table: resendTable },
    ...{ key: apiKey, keyName: 'apiKey', keyFields: { authorization: `Bearer ${apiKey}` } },
    ...{ maxBytes: MAX_BYTES, maxRecipients: MAX_RECIPIENTS, whyNot, bodyOf },
    ownFields: /^resend-idempotency-key$/i,
    // Its id is in the body.
    isYesByStatus: false,
    headersOf: (part) => ({ 'idempotency-key': idempotencyKeyOf(part) }),
    // https://resend.com/docs/dashboard/emails/idempotency-keys, read 2026-11-29. It has no field for tags.
    smtpFieldOf: (part) => `Resend-Idempotency-Key: ${idempotencyKeyOf(part)}\r\n`,
    idIn: ({ body }) => idOf(body),
    // It names the list and not the address.
    namedBy: (_fault, { recipients: [first, ...others] }) => (others.length === 0 ? first?.position : undefined),
    look: {
      path: '/domains',
      own({ status, body }) {
        if (status !== 401 || !body.includes('restricted_api_key')) return undefined;
        return { ok: true, detail: 'answered and took the key, which may send mail and nothing else.' };
      },
    },
  };
  return createPartsCarrier(name, { vendor, settings }, deps);
}

function idOf(body: string): string | undefined {
  try {
    const { id } = JSON.parse(body) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
