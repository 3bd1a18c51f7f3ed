/** What a failed delivery says of the address, from what the other side said (contract: what is made of it). */

import type { ProviderReply } from '../../core/outcome.ts';
import { shorten } from '../../core/shown.ts';
import type { BounceReason } from '../../db/verbs/feedback.ts';
import { classify } from './smtp/classify.ts';

/** As a provider's reply has. */
const MAX_DIAGNOSTIC = 500;
/** A server that gave up and names no code. */
const FAILED = 550;

const CODE = /\b[45]\d\d\b/;
const ENHANCED = /\b[245]\.\d{1,3}\.\d{1,3}\b/;
/** What stands behind a reply code is the server's; relays such as IronPort put a status of their own before it. */
const REPLIED = /\b[45]\d\d[ -]'?([245]\.\d{1,3}\.\d{1,3})\b/;

export interface Diagnosis {
  /** SMTP reply code. */
  readonly code?: number;
  /** RFC 3463 status, such as `5.1.1`. */
  readonly enhanced?: string;
  /** What the other side said, one line. */
  readonly diagnostic?: string;
}

/** `status`: the report's own. Where it says only `5.0.0`, the server's reply is nearer to the cause. */
export function diagnose(said: string | undefined, status?: string): Diagnosis {
  const diagnostic = said === undefined ? undefined : shorten(oneLine(said), MAX_DIAGNOSTIC);
  const code = Number(CODE.exec(diagnostic ?? '')?.[0] ?? Number.NaN);
  const given = ENHANCED.exec(status ?? '')?.[0];
  const isVague = given === undefined || given.endsWith('.0.0');
  const replied = isVague ? (REPLIED.exec(diagnostic ?? '')?.[1] ?? ENHANCED.exec(diagnostic ?? '')?.[0]) : undefined;
  const enhanced = replied ?? given;
  return {
    ...(!Number.isNaN(code) && { code }),
    ...(enhanced !== undefined && { enhanced }),
    ...(diagnostic !== undefined && diagnostic !== '' && { diagnostic }),
  };
}

/**
 * Only `hard` is held against an address. A refusal of the content says nothing of it, and counts as policy; so does whatever
 * the table of replies takes for the sender's fault.
 */
export function bounceClass({ code, enhanced = '', diagnostic = '' }: Diagnosis, recipient?: string): BounceReason {
  if (/^[45]\.7\./.test(enhanced)) return 'policy';
  // RFC 3463: 2.2 is a full mailbox, 4.7 a time that is over.
  if (enhanced.startsWith('4.') || /\.2\.2$|\.4\.7$/.test(enhanced)) return 'soft';
  const reply: ProviderReply = {
    ...{ text: diagnostic, code: code ?? FAILED },
    ...(enhanced !== '' && { enhanced }),
  };
  const outcome = classify(reply, 'data', { sender: '', recipient: recipient ?? '' });
  if (outcome.kind === 'rejected') {
    if (outcome.bounce === 'soft') return 'soft';
    return outcome.bounce === 'policy' || outcome.bounce === 'content' ? 'policy' : 'hard';
  }
  return outcome.kind === 'unavailable' ? 'policy' : 'soft';
}

function oneLine(text: string): string {
  return text
    .slice(0, 4 * MAX_DIAGNOSTIC)
    .replaceAll(/\s+/g, ' ')
    .trim();
}
