/** Escalations: those in progress, which somebody may acknowledge, above the policies. */

import { usePages } from '../../api/use-pages.ts';
import { LoadMore } from '../../kit/load-more.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Loaded } from '../../kit/states.tsx';
import { Table } from '../../kit/table.tsx';
import { isOfAll } from '../../kit/whose.tsx';
import { EscalationPolicies } from './escalation-policies.tsx';
import { notificationColumns } from './notification-rows.tsx';

export function Escalations() {
  return (
    <>
      {/* They are looked for in one tenant. */}
      {!isOfAll() && <InProgress />}
      <EscalationPolicies />
    </>
  );
}

function InProgress() {
  const { first, rows, more } = usePages(
    'GET /v1/notifications',
    { query: { escalating: 'true', limit: 50 } },
    ({ notificationId }) => notificationId,
  );
  return (
    <div class="in-progress">
      <Panel title="In progress" flush>
        <Loaded of={first}>
          {() =>
            rows.length === 0 ? (
              <p class="panel-body faint">None: nobody has to acknowledge anything.</p>
            ) : (
              <>
                <Table
                  label="Escalations in progress"
                  rows={rows}
                  columns={notificationColumns(first.refresh)}
                  rowKey={({ notificationId }) => notificationId}
                />
                <LoadMore more={more} />
              </>
            )
          }
        </Loaded>
      </Panel>
    </div>
  );
}
