/** Whoever leaves a page with something that is not saved is asked first: by a link, another address, or closing the tab. */

import { useEffect } from 'preact/hooks';

const QUESTION = 'What you changed here is not saved. Leave it?';

export function useUnsaved(isChanged: boolean): void {
  useEffect(() => {
    if (!isChanged) return;
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    // Before the router hears of it.
    const click = (event: MouseEvent) => {
      if (!leads(event) || confirm(QUESTION)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    addEventListener('beforeunload', unload);
    addEventListener('click', click, { capture: true });
    return () => {
      removeEventListener('beforeunload', unload);
      removeEventListener('click', click, { capture: true });
    };
  }, [isChanged]);
}

/** Whether a click leads away in this tab. */
function leads(event: MouseEvent): boolean {
  const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
  if (link === undefined || link.target === '_blank' || link.hasAttribute('download')) return false;
  const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
  return !isElsewhere && link.href.split('#')[0] !== location.href.split('#')[0];
}
