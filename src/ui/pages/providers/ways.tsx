/** Which of the providers mail goes by: the way of the platform, and those of tenants that have one of their own. */

import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Loaded } from '../../kit/states.tsx';
import { tenantWayText, type Way, wayText } from '../../kit/way-text.ts';

type Setting = Calls['GET /v1/admin/settings']['answer']['items'][number];

export function Ways() {
  const settings = useData('GET /v1/admin/settings', {});
  const tenants = useData('GET /v1/admin/tenants', {}, 'live');
  return (
    <Panel title="Routes and splits" aside={<a href="/ui/tenants">Tenants</a>}>
      <Loaded of={settings}>
        {({ items }) => (
          <Facts
            of={[['Of the platform', wayText(platformWay(items)) || 'none: set routing.primary in the configuration']]}
          />
        )}
      </Loaded>
      <Loaded of={tenants}>
        {({ items }) => <Facts of={items.map(({ slug, settings }) => [slug, tenantWayText(settings)])} />}
      </Loaded>
      <p class="faint">
        The platform’s stands in the configuration as <code>routing</code>; a tenant’s own is in its settings.
      </p>
    </Panel>
  );
}

/** As the settings in force say it, a value at a path each. */
function platformWay(items: readonly Setting[]): Way {
  const said = (path: string) => items.find((one) => one.path === path)?.value;
  const prefix = 'routing.split.';
  const shares = items.filter(({ path }) => path.startsWith(prefix));
  const [primary, fallback, route] = ['primary', 'fallback', 'route'].map((key) => said(`routing.${key}`));
  return {
    ...(primary !== undefined && { primary }),
    ...(fallback !== undefined && { fallback }),
    ...(route !== undefined && { route: JSON.parse(route) as string[] }),
    ...(shares.length > 0 && {
      split: Object.fromEntries(shares.map(({ path, value }) => [path.slice(prefix.length), Number(value)])),
    }),
  };
}
