/** CSS. */
import type { TemplateNode } from '../tree.ts';
export function inlineCss(nodes: readonly TemplateNode[]): readonly TemplateNode[] {
  return nodes;
}
