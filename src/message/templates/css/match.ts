/** Which elements a rule is for, by what of them is known before any value is put in. */

import type { Compound, InlineRule } from './rules.ts';

export interface StyledElement {
  readonly name: string;
  readonly classes: ReadonlySet<string>;
  /** Those whose value is known. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly parent: StyledElement | undefined;
  readonly before: StyledElement | undefined;
}

/** `step` is told of each look at an element. */
export function matches({ compounds }: InlineRule, element: StyledElement, step: () => void): boolean {
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

function isOf({ name, classes, attributes }: StyledElement, compound: Compound): boolean {
  return (
    (compound.type === undefined || compound.type === name) &&
    compound.classes.every((one) => classes.has(one)) &&
    compound.ids.every((one) => attributes.get('id') === one) &&
    compound.attributes.every((one) => attributeIs(attributes.get(one.name), one))
  );
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
