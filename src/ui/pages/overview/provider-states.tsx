/** How each way out is doing, in a word. */

import { useData } from '../../api/use-data.ts';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Loaded } from '../../kit/states.tsx';
import { standingOf } from '../providers/standing.ts';

export function ProviderStates() {
  const providers = useData('GET /v1/admin/providers', {}, 'steady');
  return (
    <Panel title="Providers" aside={<a href="/ui/providers">All of them</a>}>
      <Loaded of={providers}>
        {({ items }) => (
          <ul class="lines">
            {items.map((provider) => {
              const { word, tone } = standingOf(provider);
              return (
                <li key={provider.name} class="row">
                  <a href={`/ui/providers#${provider.name}`}>{provider.name}</a>{' '}
                  <span class="faint">{provider.type}</span>
                  <span class="grow" />
                  <Pill state={tone} word={word} />
                </li>
              );
            })}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
