/** The versions of a template, what differs between two, and the way from one to another. */

import { useEffect, useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Template, TemplateVersion } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';

interface VersionsProps {
  readonly template: Template;
  /** Of the operator, who looks at what is shared. */
  readonly shared: boolean;
  readonly onPublished: () => void;
}

export function Versions({ template: { name, published, latest }, shared, onPublished }: VersionsProps) {
  const versions = useData('GET /v1/templates/{name}/versions', {
    params: { name },
    query: { shared: String(shared) },
  });
  const { refresh } = versions;
  useEffect(refresh, [refresh, published, latest]);
  const [compared, setCompared] = useState<number>();
  const publish = (number: number) => async () => {
    await call('POST /v1/templates/{name}/publish', { params: { name }, body: { version: number, shared } });
    onPublished();
    return `Messages are made with version ${number} from now on`;
  };
  const columns: readonly Column<TemplateVersion>[] = [
    {
      head: 'Version',
      cell: (one) => (
        <>
          {one.version} {one.published && <Pill state="good" word="published" />}
        </>
      ),
    },
    { head: 'Made', cell: (one) => <Ago at={one.createdAt} /> },
    {
      head: 'Do',
      kind: 'end',
      cell: (one) => (
        <span class="row">
          {one.version > 1 && (
            <button type="button" class="button small" onClick={() => setCompared(one.version)}>
              {`Compare ${one.version} with ${one.version - 1}`}
            </button>
          )}
          {!one.published && (
            <Action look="small" run={publish(one.version)}>
              {one.version < (published ?? 0) ? `Roll back to ${one.version}` : `Publish ${one.version}`}
            </Action>
          )}
        </span>
      ),
    },
  ];
  return (
    <Panel title="Versions" flush>
      <Loaded of={versions}>
        {({ items }) => <Table label="Versions" rows={items} columns={columns} rowKey={(one) => String(one.version)} />}
      </Loaded>
      <Dialog title="What differs" isOpen={compared !== undefined} onClose={() => setCompared(undefined)}>
        {compared !== undefined && <Difference name={name} to={compared} shared={shared} />}
      </Dialog>
    </Panel>
  );
}

const MARKS = { same: ' ', out: '-', in: '+' } as const;

function Difference({ name, to, shared }: { name: string; to: number; shared: boolean }) {
  const query = { from: to - 1, to, shared: String(shared) };
  const found = useData('GET /v1/templates/{name}/diff', { params: { name }, query });
  return (
    <Loaded of={found}>
      {({ fields }) => (
        <>
          {fields.length === 0 && <p>Nothing differs.</p>}
          {fields.map(({ path, lines }) => (
            <section key={path}>
              <h3>{path}</h3>
              <pre class="diff">
                {lines.map(({ kind, text }, at) => (
                  <span key={at} data-kind={kind}>{`${MARKS[kind]}${text}\n`}</span>
                ))}
              </pre>
            </section>
          ))}
        </>
      )}
    </Loaded>
  );
}
