/** A source that is edited. Its editor is loaded when it is looked at; until then, and where it cannot be, a plain field stands there. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CodeMirror } from './code-mirror.ts';

interface SourceProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

export function SourceEditor({ label, value, onChange }: SourceProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeMirror>(undefined);
  const [isThere, setThere] = useState(false);
  const latest = useRef({ value, onChange });
  latest.current = { value, onChange };

  useEffect(() => {
    let isGone = false;
    import('./code-mirror.ts').then(
      ({ createSourceEditor }) => {
        if (isGone || host.current === null) return;
        editor.current = createSourceEditor(host.current, {
          ...{ label, text: latest.current.value },
          onChange: (text) => latest.current.onChange(text),
        });
        setThere(true);
      },
      () => undefined,
    );
    return () => {
      isGone = true;
      editor.current?.close();
    };
  }, [label]);
  // At once with the page: later, more would have been typed, and what was typed before would be put back in its place.
  useLayoutEffect(() => editor.current?.set(value), [value]);

  return (
    <div class="source-editor">
      <div ref={host} />
      {!isThere && (
        <textarea
          aria-label={label}
          rows={14}
          spellcheck={false}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
