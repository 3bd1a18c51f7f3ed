/** Which elements a rule is for, by what of them is known before any value is put in; and for which it may be. */

import type { Compound, InlineRule } from './rules.ts';

/** A name of which this much is known: all of it, or what stands in it. */
export type PartlyKnown = { readonly name: string } | { readonly parts: readonly string[] };

export interface StyledElement {
  readonly name: string;
  readonly classes: ReadonlySet<string>;
  /** Those whose value is known. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Those that it has whatever their value is. */
  readonly present: ReadonlySet<string>;
  /** Classes that it may have, and attributes of which it is not known whether they are there or what they are. */
  readonly open: { readonly classes: readonly PartlyKnown[]; readonly attributes: ReadonlySet<string> };
  readonly parent: StyledElement | undefined;
  readonly before: StyledElement | undefined;
}

/** `step` is told of each look at an element; `isPossible` says yes too where values and branches decide. */
export function matches(
  { compounds }: InlineRule,
  element: StyledElement,
  { step, isPossible = false }: { readonly step: () => void; readonly isPossible?: boolean },
): boolean {
  const isOf = isPossible ? mayBe : is;
  const [first] = compounds;
  return first !== undefined && isOf(element, first.compound) && outwards(1, element);

  /** Whether what stands around the element is as the selector says from `at` on. */
  function outwards(at: number, inner: StyledElement): boolean {
    const part = compounds[at];
    if (part === undefined) return true;
    const isSibling = part.combinator === '+' || part.combinator === '~';
    const isOnlyNext = part.combinator === '+' || part.combinator === '>';
    let other = isSibling ? inner.before : inner.parent;
    while (other !== undefined) {
      step();
      if (isOf(other, part.compound) && outwards(at + 1, other)) return true;
      if (isOnlyNext) return false;
      other = isSibling ? other.before : other.parent;
    }
    return false;
  }
}

function is({ name, classes, attributes, present }: StyledElement, compound: Compound): boolean {
  return (
    (compound.type === undefined || compound.type === name) &&
    compound.classes.every((one) => classes.has(one)) &&
    compound.ids.every((one) => attributes.get('id') === one) &&
    compound.attributes.every((one) =>
      one.matcher === undefined ? present.has(one.name) : attributeIs(attributes.get(one.name), one),
    )
  );
}

function mayBe(element: StyledElement, { type, classes, ids, attributes }: Compound): boolean {
  const { open, name } = element;
  return (
    (type === undefined || type === name) &&
    classes.every((one) => element.classes.has(one) || open.classes.some((known) => fits(one, known))) &&
    ids.every((one) => open.attributes.has('id') || element.attributes.get('id') === one) &&
    attributes.every((one) => open.attributes.has(one.name) || attributeIs(element.attributes.get(one.name), one))
  );
}

export function fits(name: string, known: PartlyKnown): boolean {
  return 'name' in known ? name === known.name : known.parts.every((part) => name.includes(part));
}

function attributeIs(given: string | undefined, { matcher, value }: Compound['attributes'][number]): boolean {
  if (given === undefined) return false;
  switch (matcher) {
    case undefined:
      return true;
    case '=':
      return given === value;
    case '~=':
      return given.split(/\s+/).includes(value);
    case '|=':
      return given === value || given.startsWith(`${value}-`);
    case '^=':
      return value !== '' && given.startsWith(value);
    case '$=':
      return value !== '' && given.endsWith(value);
    default:
      return value !== '' && given.includes(value);
  }
}
