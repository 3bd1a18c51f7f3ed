/** A queue of SQS: what is fetched out of it, how it is asked, and how it says no. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signatureFault } from '../../../../test/aws-signature.ts';
import { startSqs, type TestSqs } from '../../../../test/sqs.ts';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { systemClock } from '../../../core/clock.ts';
import type { EventQueue } from '../event-queue.ts';
import { createProvider } from '../index.ts';
import { sesEvents } from './events.testing.ts';

const access = { region: 'eu-central-1', accessKeyId: 'AKTEST', secretAccessKey: 'planted / and +' };
const never = new AbortController().signal;
const queueFor = (events: object): EventQueue => {
  const { queue } = createProvider('mail', { type: 'ses', ...access, events }, { clock: systemClock });
  if (!queue) throw new Error('it has no queue');
  return queue;
};

describe('a queue that others play', () => {
  let sqs: TestSqs;
  let queue: EventQueue;
  beforeEach(async () => {
    sqs = await startSqs();
    queue = queueFor({ sqsQueueUrl: sqs.queueUrl, endpoint: sqs.endpoint, waitSeconds: 1 });
  });
  afterEach(async () => {
    queue.close();
    await sqs.close();
  });

  it('gives events as SNS wraps them and as SES tells them, each with one id, and keeps them until they are removed', async () => {
    sqs.publish(JSON.stringify(sesEvents.bounce));
    sqs.send(JSON.stringify(sesEvents.bounce));
    const { feedback, unknown, remove } = await queue.receive(never);
    expect(feedback).toMatchObject([{ kind: 'bounced' }, { kind: 'bounced' }]);
    expect(feedback[0]?.eventId).toBe(feedback[1]?.eventId);
    expect([unknown, sqs.left()]).toEqual([0, 2]);
    await remove();
    expect(sqs.left()).toBe(0);
  });

  it('counts what nobody can read, and has it removed too', async () => {
    for (const body of ['no JSON', '7', '{"Type":"Notification","Message":"no JSON"}', '{"eventType":"Send"}'])
      sqs.send(body);
    const { feedback, unknown, remove } = await queue.receive(never);
    await remove();
    expect([feedback, unknown, sqs.left()]).toEqual([[], 4, 0]);
  });

  it('waits for events, and gives none where none came', async () => {
    const receiving = queue.receive(never);
    sqs.send(JSON.stringify(sesEvents.delivery));
    const { feedback, remove } = await receiving;
    expect(feedback).toMatchObject([{ kind: 'delivered' }]);
    await remove();
    expect((await queue.receive(never)).feedback).toEqual([]);
  });

  it('names the permission that is missing', async () => {
    const vendor = await createVendor({
      taken: () => ({
        status: 403,
        headers: { 'x-amzn-errortype': 'AccessDenied' },
        body: '{"__type":"com.amazon.coral.service#AccessDeniedException"}',
      }),
    });
    queue = queueFor({ sqsQueueUrl: sqs.queueUrl, endpoint: vendor.endpoint });
    await expect(queue.receive(never)).rejects.toThrow(
      /403 AccessDenied\w*; the credentials need the permission sqs:ReceiveMessage$/,
    );
    await vendor.close();
  });

  it('says what SQS says of a queue that is not there', async () => {
    queue = queueFor({ sqsQueueUrl: `${sqs.queueUrl}-gone`, endpoint: sqs.endpoint });
    await expect(queue.receive(never)).rejects.toThrow(
      /^ReceiveMessage was answered 400 \w*(?:NonExistentQueue|DoesNotExist)/,
    );
  });
});

describe('a queue that does what it is told', () => {
  let vendor: Vendor;
  let queue: EventQueue;
  beforeEach(async () => {
    vendor = await createVendor({ taken: () => ({ status: 200, body: '{}' }) });
    const sqsQueueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/iep';
    queue = queueFor({ sqsQueueUrl, endpoint: vendor.endpoint });
  });
  afterEach(async () => {
    queue.close();
    await vendor.close();
  });

  it('is asked for ten at most, for twenty seconds, signed for its own region', async () => {
    await queue.receive(never);
    const [call] = vendor.calls;
    expect(JSON.parse(call?.body ?? '')).toEqual({
      QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/iep',
      ...{ MaxNumberOfMessages: 10, WaitTimeSeconds: 20 },
    });
    const by = { ...access, region: 'eu-west-1', service: 'sqs', mustSign: ['host', 'x-amz-date', 'x-amz-target'] };
    expect(call && signatureFault(call, by)).toBeUndefined();
  });

  it.each([
    ['https://nobody.invalid', /^(?:DNS does not know the name|the name could not be looked up)$/],
    ['http://127.0.0.1:9', /^the connection was refused$/],
  ])('says in plain words that nobody answers: %s', async (endpoint, why) => {
    queue.close();
    queue = queueFor({ sqsQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/iep', endpoint });
    await expect(queue.receive(never)).rejects.toThrow(why);
  });

  it('is let go of at once', async () => {
    vendor.script(() => 'take and hang');
    const stopping = new AbortController();
    const receiving = queue.receive(stopping.signal);
    await vendor.received(1);
    stopping.abort();
    await expect(receiving).rejects.toThrow();
  });

  it('never has what it is told by with what it says', async () => {
    const body = JSON.stringify({ __type: 'com.amazon.coral#SignatureDoesNotMatch', message: access.secretAccessKey });
    vendor.script(() => ({ status: 403, body }));
    await expect(queue.receive(never)).rejects.toThrow(/^ReceiveMessage was answered 403 SignatureDoesNotMatch$/);
  });
});

it('has no queue where none is named, and none by plain HTTP over a network', () => {
  const make = (events?: object) =>
    createProvider('mail', { type: 'ses', ...access, ...(events && { events }) }, { clock: systemClock });
  expect(make().queue).toBeUndefined();
  expect(() => make({ sqsQueueUrl: 'http://sqs.example.com/1/iep' })).toThrow(
    /http: endpoint, which is for this host alone/,
  );
});
