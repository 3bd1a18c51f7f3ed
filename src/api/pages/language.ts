/** In which of its languages a page speaks. */

import { de } from './languages/de.ts';
import { en } from './languages/en.ts';
import { es } from './languages/es.ts';
import { fr } from './languages/fr.ts';
import type { Words } from './words.ts';

const languages: ReadonlyMap<string, Words> = new Map([de, en, es, fr].map((words) => [words.lang, words]));

/**
 * `wishes`: languages as people name them, the strongest first, such as `de-AT`; the last may be an Accept-Language. English where none
 * of them is here.
 */
export function wordsFor(...wishes: readonly (string | undefined)[]): Words {
  for (const wish of wishes) {
    for (const tag of byPreference(wish ?? '')) {
      const words = languages.get(tag.toLowerCase().split('-')[0] ?? '');
      if (words !== undefined) return words;
    }
  }
  return en;
}

/** RFC 9110 §12.5.4: what is not wanted at all is left out. */
function byPreference(header: string): readonly string[] {
  return header
    .slice(0, 1_000)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const quality = parameters.find((one) => /^q=/i.test(one))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);
}
