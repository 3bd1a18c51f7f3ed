/** The dead letters: messages whose attempts are used up, by their cause. They stay until somebody retries or deletes them. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { tenant } from '../../api/session.ts';
import type { Row } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { Action } from '../../kit/action.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Page } from '../../kit/page.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago, countText } from '../../kit/time.tsx';
import { tenantColumn } from '../../kit/whose.tsx';
import { recipientsOf } from '../messages/list.tsx';

export default function Dead() {
  const list = usePages('GET /v1/messages', { query: { dead: 'true', limit: 100 } }, (row) => row.messageId);
  const { rows, first, more } = list;
  const [cause, setCause] = useState('');
  const causes = Map.groupBy(rows, causeOf);
  const shown = cause === '' ? rows : (causes.get(cause) ?? []);
  return (
    <Page
      title="Dead letters"
      live
      actions={rows.length > 0 && tenant.value !== undefined && <RetryAll onDone={first.refresh} />}
    >
      <Loaded of={first}>
        {() =>
          rows.length === 0 ? (
            <Empty
              title="No dead letters"
              text="A message comes here when its attempts are used up, and stays until it is retried or deleted."
            />
          ) : (
            <>
              <div class="filters">
                <select aria-label="Cause" value={cause} onChange={(event) => setCause(event.currentTarget.value)}>
                  <option value="">Any cause</option>
                  {[...causes].map(([name, { length }]) => (
                    <option key={name} value={name}>
                      {`${name.slice(0, 80)} (${countText(length)})`}
                    </option>
                  ))}
                </select>
              </div>
              <Table
                label="Dead letters"
                rows={shown}
                columns={columns(first.refresh)}
                rowKey={(row) => row.messageId}
              />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function causeOf({ lastError }: Row): string {
  return lastError ?? 'unknown';
}

function columns(refresh: () => void): readonly Column<Row>[] {
  return [
    {
      head: 'Message',
      kind: 'wide',
      cell: (row) => (
        <>
          <RowLink href={`/ui/messages/${row.messageId}`}>
            <span class="clip">{row.subject || '(no subject)'}</span>
          </RowLink>
          <span class="sub clip">{recipientsOf(row)}</span>
        </>
      ),
    },
    ...tenantColumn<Row>(),
    { head: 'Cause', cell: (row) => <span class="soft">{causeOf(row)}</span> },
    { head: 'Tries', kind: 'narrow', cell: (row) => row.attempts },
    { head: 'Changed', kind: 'narrow', cell: (row) => <Ago at={row.updatedAt} /> },
    { head: 'Do', kind: 'end', cell: (row) => <RowActions id={row.messageId} refresh={refresh} /> },
  ];
}

function RowActions({ id, refresh }: { id: string; refresh: () => void }) {
  const retry = async () => {
    await call('POST /v1/messages/{id}/retry', { params: { id } });
    refresh();
    return 'It is tried again';
  };
  const remove = async () => {
    await call('DELETE /v1/messages/{id}', { params: { id }, query: { dead: 'true' } });
    refresh();
    return 'It is deleted';
  };
  return (
    <>
      <Action look="small" run={retry}>
        Retry
      </Action>
      <Action
        look="small"
        run={remove}
        confirm="The message is deleted with all that is kept of it. Nothing brings it back."
      >
        Delete
      </Action>
    </>
  );
}

/** Each call does up to 10,000; what one retries is not among the dead letters of the next. */
function RetryAll({ onDone }: { onDone: () => void }) {
  const run = async () => {
    let retried = 0;
    let cursor: string | undefined;
    do {
      const done = await call('POST /v1/messages/retry', { body: { dead: true, ...(cursor && { cursor }) } });
      retried += done.retried;
      cursor = done.cursor ?? undefined;
    } while (cursor !== undefined);
    onDone();
    return `${countText(retried)} messages are tried again`;
  };
  return (
    <Action run={run} confirm={`All dead letters of ${tenant.value} are tried again.`}>
      Retry all
    </Action>
  );
}
