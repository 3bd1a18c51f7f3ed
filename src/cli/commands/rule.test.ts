/** Rules and escalation policies at the command line, over the local store. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EscalationPolicyJson, RuleJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme']);
});
afterEach(() => home.remove());

it('a rule is added, listed, shown, changed and removed', async () => {
  const when = '{"path": "data.tries", "op": "gt", "value": 3}';
  const to = ['--subscriber', '{{data.userId}}', '--topic', 'ops', '--topic', 'all'];
  const add = ['rule', 'add', 'jobs', '--on', 'job.*', '--type', 'job.failed', '--when', when, ...to];
  expect(await home.iep(add)).toMatchObject({ exit: 0, out: 'rule jobs added\n' });
  const line = /acme +jobs +job\.\* +job\.failed +subscriber \{\{data\.userId\}\}, topic ops, topic all +yes/;
  expect((await home.iep(['rule', 'list'])).out).toMatch(line);
  expect((await home.iep(['rule', 'show', 'jobs'])).out).toContain('when:      {"path":"data.tries"');
  const set = ['rule', 'set', 'jobs', '--inactive', '--when', '-', '--escalation', 'on-call', '--set', 'to='];
  expect(await home.json<RuleJson>(set)).toMatchObject({ active: false, when: null, to: null, escalation: 'on-call' });
  expect((await home.iep(['rule', 'list'])).out).toMatch(/escalation on-call +no/);
  expect((await home.iep(['rule', 'remove', 'jobs'])).out).toBe('rule jobs removed\n');
});

it('an escalation policy has steps', async () => {
  const steps = ['--step', '0:subscriber=jo', '--step', '15:subscriber=lead,channel=ops'];
  const add = ['escalation', 'add', 'on-call', ...steps, '--repeat', '2', '--resolve-on', 'job.recovered'];
  expect(await home.json<EscalationPolicyJson>(add)).toMatchObject({
    ...{ repeat: 2, resolveOn: 'job.recovered' },
    steps: [
      { afterMinutes: 0, to: [{ subscriber: 'jo' }] },
      { afterMinutes: 15, to: [{ subscriber: 'lead' }, { channel: 'ops' }] },
    ],
  });
  expect((await home.iep(['escalation', 'list'])).out).toMatch(
    /on-call +0 min: subscriber jo; 15 min: subscriber lead, channel ops +2 +job\.recovered/,
  );
  expect((await home.iep(['escalation', 'set', 'on-call', '--repeat', '0'])).out).toBe(
    'escalation policy on-call changed\n',
  );
});

it('an event that ends an escalation says so', async () => {
  await home.iep(['tenant', 'set', 'acme', '--any-sender', 'on', '--default-from', 'noreply@acme.example']);
  await home.iep(['notification-type', 'add', 'job.failed']);
  const steps = ['--step', '0:email=jo@example.org', '--step', '15:email=lead@example.org'];
  await home.iep(['escalation', 'add', 'on-call', ...steps, '--resolve-on', 'job.recovered']);
  await home.iep(['rule', 'add', 'jobs', '--on', 'job.failed', '--type', 'job.failed', '--escalation', 'on-call']);
  const { out } = await home.iep(['event', 'send', '--type', 'job.failed']);
  const [, id = 'none made'] = /jobs made (\S+)/.exec(out) ?? [];
  const ended = await home.iep(['event', 'send', '--type', 'job.recovered']);
  expect(ended.out).toMatch(new RegExp(`taken\\n  ended the escalation of ${id}\\n$`));
});

it.each(['soon:subscriber=jo', '5:jo', '5:subscriber=', '5'])('--step %s is refused', async (step) => {
  const result = await home.iep(['escalation', 'add', 'x', '--step', step]);
  expect(result).toMatchObject({ exit: 64, err: expect.stringContaining('15:subscriber=lead') });
});
