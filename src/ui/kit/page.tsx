/** A page: its title, which the tab shows too, what can be done on it, and its content. */

import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { isLive } from '../api/live.ts';

interface PageProps {
  readonly title: string;
  /** Beside the title. */
  readonly badge?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly live?: boolean;
  readonly children?: ComponentChildren;
}

export function Page({ title, badge, actions, live, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · IEP`;
  }, [title]);
  return (
    <main class="page" id="content" tabIndex={-1}>
      <header class="page-head">
        <h1>{title}</h1>
        {badge}
        {live && <LiveMark />}
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </main>
  );
}

function LiveMark() {
  const up = isLive.value;
  return (
    <span
      class="live"
      data-up={up === true}
      title={up === true ? 'Changes are shown as they happen' : 'Changes are not shown now'}
    >
      {up === true ? 'Live' : up === false ? 'Reconnecting' : 'Connecting'}
    </span>
  );
}
