/** An address that no page has. */

import { Page } from '../kit/page.tsx';
import { Empty } from '../kit/states.tsx';

export function NotThere() {
  return (
    <Page title="There is no such page">
      <Empty title="Nothing is here" text="The address may be mistyped, or of another version of IEP.">
        <a class="button" href="/ui/">
          To the overview
        </a>
      </Empty>
    </Page>
  );
}
