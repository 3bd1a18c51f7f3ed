/**
 * What a template of either syntax is read into. Nothing in it is code: `run.ts` walks it, so that what it may do is what stands
 * here, and each step of it is counted.
 */

import type { Json } from '../../core/message.ts';
import type { TemplateSyntax } from '../../core/template.ts';

/** Where something stands; lines and columns count from 1. */
export interface Place {
  /** Whose source, as a fault names it: `html`, `locales.de.text`, `partial "footer"`. */
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

export type Expression =
  | { readonly kind: 'constant'; readonly value: Json }
  /** From the current value (`dot`), that of the blocks around it (`up`), that of the template (`root`), or a local name. */
  | {
      readonly kind: 'path';
      readonly from: 'dot' | 'root' | 'local';
      readonly local?: string;
      readonly up?: number;
      readonly names: readonly string[];
    }
  | { readonly kind: 'member'; readonly of: Expression; readonly names: readonly string[] }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly place: Place;
    };

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
  readonly place: Place;
}

export interface PrintNode {
  readonly kind: 'print';
  readonly value: Expression;
  /** As HTML where it stands in the text of HTML. */
  readonly raw: boolean;
  /** Go's own word for how it is written, which does nothing where its place has it written so anyway. */
  readonly written?: 'html' | 'urlquery';
  readonly place: Place;
}

/** `section`: `{{#name}}` of Handlebars, which is `each`, `with` or `if` by what its value is. */
export interface ChoiceNode {
  readonly kind: 'if' | 'with' | 'each' | 'section';
  readonly value: Expression;
  /** Names for the value, or the item, and for its key or index. */
  readonly item?: string;
  readonly key?: string;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[];
  readonly place: Place;
}

export interface SetNode {
  readonly kind: 'set';
  readonly name: string;
  readonly value: Expression;
}

/** A place of a layout; its own content where nothing fills it. */
export interface BlockNode {
  readonly kind: 'block';
  readonly name: string;
  /** What the filling sees; absent: what the template sees. */
  readonly value?: Expression;
  readonly body: readonly TemplateNode[];
  readonly place: Place;
}

/** What fills the block of that name in the layout. */
export interface ContentNode {
  readonly kind: 'content';
  readonly name: string;
  readonly body: readonly TemplateNode[];
  readonly place: Place;
}

/** A partial, or what is defined in the same Go template. */
export interface IncludeNode {
  readonly kind: 'include';
  readonly name: string;
  /** What it sees: absent in Handlebars, what stands around it; in Go nothing. */
  readonly value?: Expression;
  readonly named: Readonly<Record<string, Expression>>;
  readonly place: Place;
}

/** What linking puts in the place of blocks and includes: another source, with a sight of its own. */
export interface ScopeNode {
  readonly kind: 'scope';
  readonly syntax: TemplateSyntax;
  /** `template`: what the template sees; `here`: what is seen around it; else this value, which is its root too. */
  readonly sees: 'template' | 'here' | Expression;
  readonly named: Readonly<Record<string, Expression>>;
  readonly body: readonly TemplateNode[];
}

export type TemplateNode =
  | TextNode
  | PrintNode
  | ChoiceNode
  | SetNode
  | BlockNode
  | ContentNode
  | IncludeNode
  | ScopeNode;

/** A source that was read: what it prints, and what it defines for the layout or for itself. */
export interface ReadSource {
  readonly nodes: readonly TemplateNode[];
  /** `{{define}}` of Go. */
  readonly defined: ReadonlyMap<string, readonly TemplateNode[]>;
  /** What stands in `{{block}}` of Go, which `{{template}}` may name too. */
  readonly blocks: ReadonlyMap<string, readonly TemplateNode[]>;
}

/** A fault of a template, with its place where there is one. */
export class SourceFault extends Error {
  readonly place: Partial<Place>;

  constructor(message: string, place: Partial<Place> = {}) {
    super(message);
    this.name = 'SourceFault';
    this.place = place;
  }
}

/** Where the source is after `text`, which begins at `place`. */
export function placeAfter(place: Place, text: string): Place {
  const lines = text.split('\n');
  const last = lines.at(-1)?.length ?? 0;
  return { ...place, line: place.line + lines.length - 1, column: lines.length > 1 ? last + 1 : place.column + last };
}

/** Every node with those inside it, in the order of the source. */
export function* everyNode(nodes: readonly TemplateNode[]): Generator<TemplateNode> {
  for (const node of nodes) {
    yield node;
    if ('body' in node) yield* everyNode(node.body);
    if ('otherwise' in node) yield* everyNode(node.otherwise);
  }
}
