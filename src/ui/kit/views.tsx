/** The views of a page, each with an address of its own. */

import { useLocation } from 'preact-iso/router';
import { addressOf } from './use-filters.ts';

interface ViewsProps {
  readonly label: string;
  /** The first is that of the address without `view`. */
  readonly views: readonly (readonly [view: string, word: string])[];
  readonly chosen: string;
}

export function Views({ label, views, chosen }: ViewsProps) {
  const { path } = useLocation();
  return (
    <nav class="tabs views" aria-label={label}>
      {views.map(([view, word], at) => (
        <a
          key={view}
          href={addressOf(path, { view: at === 0 ? '' : view })}
          aria-current={view === chosen ? 'page' : undefined}
        >
          {word}
        </a>
      ))}
    </nav>
  );
}
