/** What waits by lane, and since when. */

import { useData } from '../../api/use-data.ts';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Loaded } from '../../kit/states.tsx';
import { Ago, countText } from '../../kit/time.tsx';

export function Lanes() {
  const queue = useData('GET /v1/admin/queue', {}, 'steady');
  return (
    <Panel title="Queue" aside={<a href="/ui/queue">All of it</a>}>
      <Loaded of={queue}>
        {({ items, paused }) => (
          <ul class="lines">
            {paused && (
              <li>
                <Pill state="paused" /> The whole queue is paused.
              </li>
            )}
            {(['high', 'normal', 'low'] as const).map((lane) => {
              const rows = items.filter((row) => row.lane === lane);
              const due = rows.reduce((sum, row) => sum + row.due, 0);
              const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
              const oldest = rows.map((row) => row.oldestAt).sort()[0];
              return (
                <li key={lane} class="row">
                  <strong>{lane}</strong>
                  <span class="grow" />
                  {waiting === 0 ? (
                    <span class="faint">nothing waits</span>
                  ) : (
                    `${countText(waiting)} wait, ${countText(due)} due`
                  )}
                  {oldest && (
                    <span class="faint">
                      oldest <Ago at={oldest} />
                    </span>
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
