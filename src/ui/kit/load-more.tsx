/** The end of a list that goes on: more is loaded while it is in view, or on demand. */

import { useEffect, useRef, useState } from 'preact/hooks';

export function LoadMore({ more }: { more: (() => Promise<void>) | undefined }) {
  const end = useRef<HTMLDivElement>(null);
  const [waits, setWaits] = useState(false);
  const watch = useRef<IntersectionObserver>(undefined);
  // To observe it anew has it reported once more, as it is laid out then: what came may have been less than fills the view.
  const look = () => {
    if (end.current === null) return;
    watch.current?.unobserve(end.current);
    watch.current?.observe(end.current);
  };
  const load = () => {
    if (waits || more === undefined) return;
    setWaits(true);
    const done = () => setWaits(false);
    more().then(() => {
      done();
      look();
    }, done);
  };
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    watch.current = new IntersectionObserver((seen) => seen.at(-1)?.isIntersecting && latest.current(), {
      rootMargin: '600px',
    });
    look();
    return () => watch.current?.disconnect();
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
