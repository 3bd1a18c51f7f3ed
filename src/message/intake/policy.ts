/**
 * The domains that a tenant's mail may be from, be answered at, and go to. It is from domains that the tenant holds, or with
 * `anySender` from those that no other tenant holds. The other lists allow any domain where they are absent; of recipients
 * the platform has one too, and an address must be on both. A domain in a list stands for its sub-domains as well.
 */

import { domainOf, normalizeAddress } from '../../core/address.ts';
import { type FieldError, IepError } from '../../core/errors.ts';
import { readMailboxList } from '../../core/mailbox-list.ts';
import type { Mailbox, Submission } from '../../core/message.ts';
import type { OwnersOf } from '../../core/sender-owners.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { forbiddenSenderDomain, isWithin, type Senders, senderDomainsOf } from './envelope.ts';

/** What holds for every tenant. */
export interface PlatformPolicy {
  /** The only domains that anybody may mail; empty: any. */
  readonly recipientDomains: readonly string[];
}

/** Throws the refusal of a submission that its tenant may not make. `ownersOf` says whose a sender domain is. */
export function checkPolicy(
  tenant: Tenant,
  submission: Submission,
  { platform, ownersOf }: { platform: PlatformPolicy; ownersOf: OwnersOf },
): void {
  checkSender(tenant, submission, ownersOf);
  checkReplyTo(tenant, submission);
  checkRecipients(tenant, submission, platform);
}

/** The refusal of a sender by itself; undefined when mail may be from there. */
export function senderRefusal(tenant: Tenant, from: Mailbox, ownersOf: OwnersOf): IepError | undefined {
  try {
    checkSender(tenant, { from }, ownersOf);
    return undefined;
  } catch (error) {
    if (error instanceof IepError) return error;
    throw error;
  }
}

function checkSender(tenant: Tenant, submission: Senders, ownersOf: OwnersOf): void {
  for (const domain of senderDomainsOf(submission)) {
    const owners = ownersOf(domain);
    const isAllowed = owners.length === 0 ? tenant.settings.anySender === true : owners.includes(tenant.id);
    if (!isAllowed) throw new IepError('sender_domain_not_allowed', whyNotFrom(tenant, domain));
  }
  if (tenant.settings.requireVerifiedDomains !== true) return;
  const verified = tenant.verifiedDomains;
  const unverified = forbiddenSenderDomain(submission, verified);
  if (unverified === undefined) return;
  const known = verified.length === 0 ? 'there is none yet' : `these are: ${verified.join(', ')}`;
  throw new IepError('sender_domain_not_verified', `${unverified} is not a verified sender domain; ${known}`);
}

/** Whose the domain is stays untold. */
function whyNotFrom({ settings, senderDomains }: Tenant, domain: string): string {
  if (settings.anySender === true) return `${domain} belongs to another tenant of this platform`;
  if (senderDomains.length === 0) return `${domain} cannot be used: this tenant has no sender domain`;
  return `${domain} is not one of the allowed sender domains: ${senderDomains.join(', ')}`;
}

function checkReplyTo({ settings }: Tenant, submission: Submission): void {
  const allowed = settings.replyToDomains;
  const { replyTo, replyToAddresses } = submission;
  if (allowed === undefined) return;
  if (replyToAddresses === 'unclear') {
    const message = 'must name mailboxes in a way that cannot be read as others, such as "User <user@example.com>"';
    throw new IepError('reply_to_domain_not_allowed', `Reply-To ${message}`, {
      errors: [{ path: 'replyTo', message }],
    });
  }
  const addresses = replyToAddresses ?? readMailboxList(replyTo ?? '').mailboxes.map(({ email }) => email);
  for (const address of addresses) {
    if (isWithin(domainOf(address), allowed)) continue;
    const message = `${address} is not at a domain that answers may go to: ${allowed.join(', ')}`;
    throw new IepError('reply_to_domain_not_allowed', message, { errors: [{ path: 'replyTo', message }] });
  }
}

function checkRecipients(tenant: Tenant, submission: Submission, platform: PlatformPolicy): void {
  if (tenant.settings.recipientDomains === undefined && platform.recipientDomains.length === 0) return;
  const errors = namedRecipients(submission).flatMap(({ path, address }): FieldError[] => {
    const message = recipientFault(tenant, platform, address);
    return message === undefined ? [] : [{ path, message: `${address} ${message}` }];
  });
  const [first, ...others] = errors;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new IepError('recipient_domain_not_allowed', `${first.message}${more}`, { errors });
}

function namedRecipients({ to, cc = [], bcc = [], rcpt }: Submission) {
  const named = (kind: string, addresses: readonly string[]) =>
    addresses.map((text, at) => ({ path: `${kind}.${at}`, address: normalizeAddress(text) ?? text }));
  if (rcpt !== undefined) return named('rcpt', rcpt);
  return Object.entries({ to, cc, bcc }).flatMap(([kind, mailboxes]) =>
    named(
      kind,
      mailboxes.map(({ email }) => email),
    ),
  );
}

/** The refusal of one recipient by itself, for a door that hears them one by one; undefined when it may be mailed. */
export function recipientRefusal(tenant: Tenant, platform: PlatformPolicy, address: string): IepError | undefined {
  const fault = recipientFault(tenant, platform, address);
  return fault === undefined ? undefined : new IepError('recipient_domain_not_allowed', `${address} ${fault}`);
}

function recipientFault(tenant: Tenant, platform: PlatformPolicy, address: string): string | undefined {
  const domain = domainOf(address);
  const own = tenant.settings.recipientDomains;
  if (own !== undefined && !isWithin(domain, own)) {
    return `is not at a domain that this tenant may mail: ${own.join(', ')}`;
  }
  const all = platform.recipientDomains;
  if (all.length === 0 || isWithin(domain, all)) return undefined;
  return `is not at a domain that this platform may mail: ${all.join(', ')}`;
}
