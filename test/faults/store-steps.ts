/**
 * A process that takes one message through the store and dies by SIGKILL at the step it is told. It prints each step
 * that was answered, so that the test knows what was promised.
 */

import { createIds } from '../../src/core/ids.ts';
import { openStore } from '../../src/db/open.ts';

const [file = '', dieAt = ''] = process.argv.slice(2);
const newId = createIds({ now: Date.now });
const now = Date.now();

const { store } = await openStore({ file, threads: true });
const [tenant] = await store.tenants.list();
if (tenant === undefined) throw new Error('the test makes the tenant');
step('opened');

const id = newId();
const accepting = store.outbox.accept({
  tenantId: tenant.id,
  messages: [
    {
      message: {
        id,
        tenantId: tenant.id,
        createdAt: now,
        door: 'http',
        from: { email: 'a@x.example' },
        envelopeFrom: 'a@x.example',
        to: [{ email: 'b@x.example' }],
        cc: [],
        subject: 's',
        messageIdHeader: `<${id}@x.example>`,
        content: { kind: 'parts', text: 't' },
        attachments: [],
        tags: [],
        lane: 'normal',
        maxAttempts: 5,
      },
      recipients: [{ address: 'b@x.example', kind: 'to' }],
    },
  ],
});
step('accepting');
await accepting;
step('accepted', id);

const claiming = store.outbox.claim({ owner: 'dead', now, leaseMs: 3_600_000, limit: 10, skipTenants: [] });
step('claiming');
const { jobs } = await claiming;
step('claimed');

const job = jobs[0];
if (job === undefined) throw new Error('nothing was claimed');
const settling = store.outbox.settle({
  tenantId: tenant.id,
  messageId: id,
  fence: job.fence,
  at: now,
  status: 'sent',
  recipients: [{ position: 0, status: 'sent' }],
  attempts: [{ provider: 'p', startedAt: now, endedAt: now, outcome: 'delivered', counted: true }],
  events: [{ type: 'sent', at: now }],
});
step('settling');
await settling;
step('settled');

function step(name: string, value = ''): void {
  process.stdout.write(`${name} ${value}\n`);
  if (name === dieAt) process.kill(process.pid, 'SIGKILL');
}
