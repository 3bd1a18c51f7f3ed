/** Rules: which events make notifications, and who is told. */

import type { Rule } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Checks, checksOf } from '../../kit/checks.tsx';
import { Field, type Values } from '../../kit/form.tsx';
import { Pill } from '../../kit/pill.tsx';
import { type DefinitionKind, DefinitionView, type FieldsProps } from './definition-view.tsx';
import { jsonOf, jsonText } from './read.ts';
import { Targets, targetsOf, targetsText } from './targets.tsx';

const states = { prefix: 'is', options: [['active', 'Active: events make notifications']] } as const;

const kind: DefinitionKind<Rule> = {
  ...{ path: '/v1/rules', noun: 'rule', nouns: 'Rules', example: 'jobs', Fields, read },
  says: 'A rule makes a notification of each event that fits.',
  command: "iep rule add jobs --on 'job.*' --type job.failed --topic operators",
  columns: [
    {
      head: 'Events',
      cell: ({ on, when }) => (
        <>
          <span class="mono">{on}</span>
          {when !== null && <p class="sub">on a condition</p>}
        </>
      ),
    },
    { head: 'Type', kind: 'narrow', cell: ({ type }) => type },
    {
      head: 'To',
      cell: ({ to, escalation }) => (escalation === null ? targetsText(to ?? []) : `escalation ${escalation}`),
    },
    { head: 'State', cell: ({ active }) => <Pill state={active ? 'active' : 'off'} /> },
  ],
  dim: ({ active }) => !active,
};

export function Rules() {
  return <DefinitionView kind={kind} />;
}

function Fields({ of, faultOf }: FieldsProps<Rule>) {
  const types = useData('GET /v1/notification-types', {});
  const policies = useData('GET /v1/escalation-policies', {});
  return (
    <>
      <div class="two">
        <Field
          label="On events"
          name="on"
          value={of?.on}
          placeholder="job.*"
          help="A type, or the beginning of some"
          required
          fault={faultOf('on')}
        />
        <Field
          label="Notification type"
          name="type"
          value={of?.type}
          placeholder="job.failed"
          suggestions={types.data?.items.map(({ name }) => name) ?? []}
          required
          fault={faultOf('type')}
        />
      </div>
      <Targets prefix="to" of={of?.to ?? []} />
      <p class="faint">{'{{data.userId}} stands for what the event has there.'}</p>
      <div class="two">
        <Field
          label="Escalation policy"
          name="escalation"
          value={of?.escalation ?? ''}
          suggestions={policies.data?.items.map(({ name }) => name) ?? []}
          help="Its first step takes the place of the recipients"
          fault={faultOf('escalation')}
        />
        <Field label="Severity" name="severity" value={of?.severity ?? ''} fault={faultOf('severity')} />
      </div>
      <Field
        label="Condition"
        name="when"
        rows={4}
        value={jsonText(of?.when)}
        placeholder={'{"path": "data.tries", "op": "gt", "value": 3}'}
        help="JSON; empty: every event of the type"
        fault={faultOf('when')}
      />
      <Checks legend="State" {...states} chosen={of?.active === false ? [] : ['active']} />
    </>
  );
}

function read(values: Values) {
  const { on, type, escalation, severity, when } = values;
  const to = targetsOf(values, 'to');
  return {
    ...{ on, type, escalation: escalation || null, severity: severity || null },
    ...{ when: jsonOf('The condition', when), to: to.length > 0 ? to : null },
    active: checksOf(values, states).length > 0,
  };
}
