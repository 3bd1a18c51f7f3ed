/** The end of a list that goes on: more is loaded while it is in view, or on demand. */

import { useEffect, useRef, useState } from 'preact/hooks';

export function LoadMore({ more }: { more: (() => Promise<void>) | undefined }) {
  const end = useRef<HTMLDivElement>(null);
  const [waits, setWaits] = useState(false);
  const load = () => {
    if (waits || more === undefined) return;
    setWaits(true);
    const done = () => setWaits(false);
    more().then(() => {
      done();
      // What came may have been nothing, or less than fills the view.
      if (isSeen.current) setTimeout(() => latest.current());
    }, done);
  };
  const isSeen = useRef(false);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (end.current === null) return;
    const watch = new IntersectionObserver(
      ([entry]) => {
        isSeen.current = entry?.isIntersecting === true;
        if (isSeen.current) latest.current();
      },
      {
        rootMargin: '600px',
      },
    );
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [more === undefined]);
  if (more === undefined) return null;
  return (
    <div class="more" ref={end}>
      <button type="button" class="button" disabled={waits} onClick={load}>
        {waits ? 'Looking further' : 'Load more'}
      </button>
    </div>
  );
}
