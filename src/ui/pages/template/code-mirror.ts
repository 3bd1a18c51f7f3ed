/**
 * The editor of sources, a chunk of its own. It stands in a shadow root, where its styles are sheets that the page's policy allows; in
 * the page they would be elements, which it forbids.
 */

import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { html } from '@codemirror/lang-html';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export interface CodeMirror {
  /** Not told by `onChange`, which is for what is typed. */
  set(text: string): void;
  close(): void;
}

const look = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--raised)', fontSize: 'var(--text-note)', height: '46vh' },
  '&.cm-focused': { outline: '2px solid var(--accent)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { color: 'var(--ink-faint)', backgroundColor: 'var(--sunken)', border: '0' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--info-tint)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.tagName, tags.keyword], color: 'var(--accent)' },
  { tag: [tags.attributeName, tags.propertyName], color: 'var(--info)' },
  { tag: [tags.attributeValue, tags.string], color: 'var(--good)' },
  { tag: tags.comment, color: 'var(--ink-faint)' },
]);

export function createSourceEditor(
  host: HTMLElement,
  { label, text, onChange }: { label: string; text: string; onChange: (text: string) => void },
): CodeMirror {
  let isSetting = false;
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        ...[lineNumbers(), history(), drawSelection(), EditorView.lineWrapping, look],
        syntaxHighlighting(colours),
        html({ autoCloseTags: false }),
        // Escape leaves the field, for who moves by Tab.
        keymap.of([{ key: 'Escape', run: left }, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !isSetting) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set(wanted) {
      if (view.state.doc.toString() === wanted) return;
      isSetting = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: wanted } });
      isSetting = false;
    },
    close: () => view.destroy(),
  };
}

function left(view: EditorView): boolean {
  view.contentDOM.blur();
  return true;
}
