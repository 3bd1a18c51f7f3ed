/** One sender domain: the records to publish, what DNS says of them, and its keys. */

import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import type { DomainCheck, DomainReport } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Page } from '../../kit/page.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Copy, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';

export default function DomainPage() {
  const { domain = '' } = useRoute().params;
  const params = { domain };
  const report = useData('GET /v1/domains/{domain}', { params });
  const [check, setCheck] = useState<DomainCheck>();
  const { route } = useLocation();
  const verify = async () => {
    const verified = await call('POST /v1/domains/{domain}/verify', { params });
    setCheck(verified.check);
    report.refresh();
    return verified.check.verified ? `${domain} is verified` : 'Not all that is needed is published yet';
  };
  const rotate = async () => {
    await call('POST /v1/domains/{domain}/rotate', { params, body: {} });
    report.refresh();
    return 'There are new keys: publish their records, then rotate again';
  };
  const remove = async () => {
    await call('DELETE /v1/domains/{domain}', { params });
    route('/ui/domains');
    return `${domain} is removed`;
  };
  return (
    <Page
      title={domain}
      badge={report.data && <Pill state={report.data.verified ? 'verified' : 'unverified'} />}
      actions={
        <>
          <Action run={verify} look="primary">
            Verify
          </Action>
          <Action run={rotate}>Rotate keys</Action>
          <Action run={remove} confirm={`Mail from ${domain} is refused, and its keys are deleted.`}>
            Remove
          </Action>
        </>
      }
    >
      <Loaded of={report}>
        {({ records, keys, notes }) => (
          <>
            {notes.map((note) => (
              <p key={note} class="note">
                {note}
              </p>
            ))}
            <Panel title="Records to publish">
              <ul class="lines">
                {records.map((record) => (
                  <OneRecord key={`${record.purpose} ${record.name}`} record={record} check={check} />
                ))}
              </ul>
            </Panel>
            <Panel title="Keys" flush>
              <Table label="Keys" rows={keys} columns={keyColumns} rowKey={({ selector }) => selector} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function OneRecord({ record, check }: { record: DomainReport['records'][number]; check: DomainCheck | undefined }) {
  const { purpose, type, name, value, required, note } = record;
  const found = check?.results.find((one) => one.name === name && one.purpose === purpose);
  return (
    <li class="record">
      <p class="row">
        <strong>{purpose.toUpperCase()}</strong> {!required && <span class="faint">advised</span>}
        {found && <Pill state={found.status} />}
      </p>
      <div class="copied">
        <span class="mono">
          {name} {type}
        </span>
        <Copy text={name} label="Copy name" />
      </div>
      <div class="copied">
        <code>{value}</code>
        <Copy text={value} label="Copy value" />
      </div>
      {(found?.detail || note) && <p class="faint">{found?.detail ?? note}</p>}
    </li>
  );
}

const keyColumns: readonly Column<DomainReport['keys'][number]>[] = [
  { head: 'Selector', cell: ({ selector }) => <span class="mono">{selector}</span> },
  { head: 'Algorithm', cell: ({ algorithm }) => algorithm },
  { head: 'State', cell: ({ state }) => <Pill state={state} /> },
  { head: 'Published', cell: ({ published }) => (published === null ? 'not looked yet' : published ? 'yes' : 'no') },
  { head: 'Made', kind: 'end', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];
