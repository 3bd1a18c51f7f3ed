/** Escalation policies: who is told next, for as long as nobody acknowledges. */

import type { EscalationPolicy } from '../../api/types.ts';
import { Checks, checksOf } from '../../kit/checks.tsx';
import { Field, type Values } from '../../kit/form.tsx';
import { Several, severalOf } from '../../kit/several.tsx';
import { channels, channelText } from './channel-names.ts';
import { type DefinitionKind, DefinitionView, type FieldsProps } from './definition-view.tsx';
import { numberOf } from './read.ts';
import { Targets, targetsOf, targetsText } from './targets.tsx';

type Step = EscalationPolicy['steps'][number];

const kind: DefinitionKind<EscalationPolicy> = {
  ...{
    path: '/v1/escalation-policies',
    noun: 'escalation policy',
    nouns: 'Escalation policies',
    example: 'on-call',
    Fields,
    read,
  },
  says: 'An escalation policy says who is told next, for as long as nobody acknowledges.',
  command: 'iep escalation add on-call --step 0:subscriber=jo --step 15:subscriber=lead --repeat 2',
  columns: [
    {
      head: 'Steps',
      cell: ({ steps }) => (
        <ol>
          {steps.map((step, at) => (
            <li key={at}>{stepText(step)}</li>
          ))}
        </ol>
      ),
    },
    { head: 'Again', kind: 'narrow', cell: ({ repeat }) => (repeat === 0 ? 'never' : `${repeat} times`) },
    { head: 'Resolved on', kind: 'narrow', cell: ({ resolveOn }) => <span class="mono">{resolveOn}</span> },
  ],
};

function stepText({ afterMinutes, to, channels: by }: Step): string {
  const when = afterMinutes === 0 ? 'at once' : `after ${afterMinutes} min`;
  return `${when}: ${targetsText(to)}${by === undefined ? '' : ` by ${channelText(by)}`}`;
}

export function EscalationPolicies() {
  return <DefinitionView kind={kind} />;
}

function Fields({ of, faultOf }: FieldsProps<EscalationPolicy>) {
  const steps = of?.steps ?? [];
  return (
    <>
      <Several label="Steps" noun="step" begin={Math.max(steps.length, 1)}>
        {(at) => <StepFields prefix={`steps.${at}`} of={steps[at]} />}
      </Several>
      <div class="two">
        <Field
          label="Go through again"
          name="repeat"
          type="number"
          min={0}
          value={of?.repeat ?? 0}
          help="How often, after the last step"
          fault={faultOf('repeat')}
        />
        <Field
          label="Resolved on"
          name="resolveOn"
          value={of?.resolveOn ?? ''}
          placeholder="job.recovered"
          help="An event of this type acknowledges"
          fault={faultOf('resolveOn')}
        />
      </div>
    </>
  );
}

function StepFields({ prefix, of }: { prefix: string; of: Step | undefined }) {
  return (
    <div class="step">
      <Field
        label="After minutes"
        name={`${prefix}.afterMinutes`}
        type="number"
        min={0}
        value={of?.afterMinutes ?? 0}
        required
      />
      <Targets prefix={`${prefix}.to`} of={of?.to ?? []} />
      <Checks
        legend="By these alone; none: those of the type"
        prefix={`${prefix}.by`}
        options={channels}
        chosen={of?.channels ?? []}
      />
    </div>
  );
}

function read(values: Values) {
  return {
    steps: severalOf(values, 'steps').map((step) => {
      const by = checksOf(values, { prefix: `${step}.by`, options: channels });
      return {
        afterMinutes: numberOf(values[`${step}.afterMinutes`]) ?? 0,
        to: targetsOf(values, `${step}.to`),
        ...(by.length > 0 && { channels: by }),
      };
    }),
    repeat: numberOf(values.repeat) ?? 0,
    resolveOn: values.resolveOn || null,
  };
}
