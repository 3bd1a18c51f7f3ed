/** A vendor as SES is: it takes mail by its API, and tells into a queue of SQS what became of it, by SNS or as it is, one in four twice. */

import { startSqs } from '../../../test/sqs.ts';
import { createVendor } from '../../../test/vendor.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import { kindsOf, type Mail } from './told.ts';

/** Its name in IEP. */
export const QUEUED = 'queued';

export interface QueueingVendor {
  readonly provider: Readonly<Record<string, unknown>>;
  /** Puts so many events of each mail into the queue. */
  tellAll(mails: readonly Mail[], perMail: number): void;
  /** Messages of the queue so far, the repeated ones too. */
  told(): number;
  /** Those that nobody removed. */
  left(): number;
  close(): Promise<void>;
}

const AGAIN_ONE_IN = 4;
/** What a daemon that was killed had fetched is there again after this. */
const VISIBILITY_SECONDS = 2;
const FIRST_AT = Date.parse('2026-11-30T12:00:00Z');

export async function createQueueingVendor(ledger: Ledger, random: Random): Promise<QueueingVendor> {
  const sqs = await startSqs({ visibilitySeconds: VISIBILITY_SECONDS });
  const ses = await createVendor({
    taken({ body }) {
      const { Content, EmailTags = [] } = JSON.parse(body) as SentToSes;
      if (Content !== undefined) ledger.arrived(Buffer.from(Content.Raw.Data, 'base64'));
      const id = EmailTags.find(({ Name }) => Name === 'iep-message')?.Value;
      return { status: 200, body: JSON.stringify({ MessageId: sesIdOf(id) }) };
    },
  });
  let told = 0;

  function tell(event: string): void {
    told += 1;
    if (random.between(0, 1) === 0) sqs.send(event);
    else sqs.publish(event);
  }

  return {
    provider: {
      ...{ type: 'ses', region: 'eu-central-1', accessKeyId: 'AK', secretAccessKey: 'none', endpoint: ses.endpoint },
      events: { sqsQueueUrl: sqs.queueUrl, endpoint: sqs.endpoint, waitSeconds: 1 },
    },
    tellAll(mails, perMail) {
      for (const mail of mails) {
        for (const [at, kind] of kindsOf(mail, perMail).entries()) {
          const event = JSON.stringify(eventOf(mail, kind, new Date(FIRST_AT + at * 1_000).toISOString()));
          tell(event);
          if (random.between(1, AGAIN_ONE_IN) === 1) tell(event);
        }
      }
    },
    told: () => told,
    left: sqs.left,
    async close() {
      await Promise.all([sqs.close(), ses.close()]);
    },
  };
}

interface SentToSes {
  readonly Content?: { readonly Raw: { readonly Data: string } };
  readonly EmailTags?: readonly { readonly Name: string; readonly Value: string }[];
}

function sesIdOf(messageId: string | undefined): string {
  return `ses-${messageId}`;
}

function eventOf({ messageId, address }: Mail, kind: string, timestamp: string) {
  const told: Readonly<Record<string, readonly [type: string, member: string, what: object]>> = {
    delivered: ['Delivery', 'delivery', { recipients: [address] }],
    opened: ['Open', 'open', {}],
    clicked: ['Click', 'click', { link: 'https://example.com/' }],
    bounced: [
      ...(['Bounce', 'bounce'] as const),
      {
        ...{ bounceType: 'Permanent', bounceSubType: 'General' },
        bouncedRecipients: [{ emailAddress: address, status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 unknown' }],
      },
    ],
    complained: ['Complaint', 'complaint', { complainedRecipients: [{ emailAddress: address }] }],
  };
  const [eventType, member, what] = told[kind] ?? ['', '', {}];
  const mail = {
    timestamp,
    messageId: sesIdOf(messageId),
    destination: [address],
    tags: { 'iep-message': [messageId] },
  };
  return { eventType, mail, [member]: { timestamp, ...what } };
}
