/** What the doctor finds, and what to do about it. */

import { call } from '../../api/call.ts';
import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Page } from '../../kit/page.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';

type Examination = Calls['GET /v1/admin/doctor']['answer'];
type Finding = Examination['items'][number];

export default function DoctorPage() {
  const doctor = useData('GET /v1/admin/doctor', {}, 'steady');
  const examine = async () => {
    await call('POST /v1/admin/doctor', {});
    doctor.refresh();
    return undefined;
  };
  const runs = doctor.data !== undefined && doctor.data.startedAt !== null && doctor.data.endedAt === null;
  return (
    <Page
      title="Doctor"
      actions={
        <Action look="primary" run={examine} disabled={runs}>
          Examine now
        </Action>
      }
    >
      <Loaded of={doctor}>
        {(examination) =>
          examination.startedAt === null ? (
            <Empty
              title="Not examined yet"
              text="The doctor looks at the store, the disk, the queue, domains, providers, certificates and more. It changes nothing."
            >
              <Command text="iep doctor" />
            </Empty>
          ) : (
            <Findings examination={examination} startedAt={examination.startedAt} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Findings({ examination: { items, endedAt }, startedAt }: { examination: Examination; startedAt: string }) {
  const wrong = items.filter(({ level }) => level !== 'ok');
  const well = items.filter(({ level }) => level === 'ok');
  return (
    <>
      <p class="soft" role="status">
        {endedAt === null ? 'Examining since ' : 'Examined '}
        <Ago at={startedAt} />
        {endedAt !== null && wrong.length === 0 && '. Nothing is wrong.'}
      </p>
      {wrong.length > 0 && (
        <Panel title="What is wrong" flush>
          <Table label="What is wrong" rows={worstFirst(wrong)} columns={columns} rowKey={keyOf} />
        </Panel>
      )}
      {well.length > 0 && (
        <Panel title="What is well" flush>
          <Table label="What is well" rows={well} columns={columns} rowKey={keyOf} />
        </Panel>
      )}
    </>
  );
}

const tones = { broken: 'bad', warning: 'warn', ok: 'good' } as const;

const columns: readonly Column<Finding>[] = [
  {
    head: 'What',
    cell: ({ check, level }) => (
      <>
        <Pill state={tones[level]} word={level} /> {check}
      </>
    ),
  },
  {
    head: 'Finding',
    kind: 'wide',
    cell: ({ detail, advice }) => (
      <>
        {detail}
        {advice !== null && <p class="sub">{advice}</p>}
      </>
    ),
  },
];

function keyOf({ check, detail }: Finding): string {
  return `${check} ${detail}`;
}

function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((one, other) => Number(other.level === 'broken') - Number(one.level === 'broken'));
}
