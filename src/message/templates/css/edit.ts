/** Changes of a template's nodes: text taken out, nodes put in. */

import { placeAfter, type TemplateNode, type TextNode } from '../tree.ts';

/** In a text by its characters; another node is taken out where `until` is beyond it. */
export interface Edit {
  readonly start: number;
  readonly until: number;
  readonly insert: readonly TemplateNode[];
}

export function edited(
  nodes: readonly TemplateNode[],
  edits: ReadonlyMap<TemplateNode, readonly Edit[]>,
): readonly TemplateNode[] {
  return nodes.flatMap((node): readonly TemplateNode[] => {
    const own = edits.get(node);
    if (node.kind === 'text') return own === undefined ? [node] : editedText(node, own);
    if (own !== undefined) return [];
    if ('otherwise' in node)
      return [{ ...node, body: edited(node.body, edits), otherwise: edited(node.otherwise, edits) }];
    return 'body' in node ? [{ ...node, body: edited(node.body, edits) }] : [node];
  });
}

function editedText(node: TextNode, edits: readonly Edit[]): readonly TemplateNode[] {
  const made: TemplateNode[] = [];
  let from = 0;
  const keep = (until: number): void => {
    if (until > from)
      made.push({
        ...node,
        text: node.text.slice(from, until),
        place: placeAfter(node.place, node.text.slice(0, from)),
      });
  };
  for (const { start, until, insert } of edits.toSorted((a, b) => a.start - b.start)) {
    keep(start);
    made.push(...insert);
    from = Math.max(from, until);
  }
  keep(node.text.length);
  return made;
}
