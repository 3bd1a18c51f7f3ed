/** Whether each exported name of src/ means one thing, so that who searches for a name finds what it means and nothing else. */

import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Names that stand in several files by intent: where, and why. A name that stands here and no longer twice there fails. */
const shared: readonly { readonly names: readonly string[]; readonly under: string; readonly why: string }[] = [
  {
    names: ['ENDPOINT', 'SMTP_ENDPOINT', 'MAX_BYTES', 'MAX_RECIPIENTS', 'TITLE', 'apiOf', 'bodyOf', 'whyNot'],
    under: 'src/message/providers/',
    why: 'each vendor has the same parts in its folder: where it is, how much it takes, the body of a request, what cannot be one',
  },
  {
    names: ['MESSAGE', 'hardBounce'],
    under: 'src/message/providers/',
    why: 'what each vendor documents that it posts, for its tests',
  },
  { names: ['NOW', 'MINUTE'], under: 'src/', why: 'the time at which tests begin, and a step of it' },
];

interface Export {
  readonly name: string;
  readonly file: string;
}

const EXPORT = /^export (?:async )?(?:function\*? |const |let |class |interface |type )(\w+)(.*)$/gm;
/** Made from /openapi.json, whose nouns it names. */
const GENERATED = 'src/ui/api/types.ts';
const files = globSync('src/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !file.endsWith('.d.ts') && file !== GENERATED,
);
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** A command is named as it is typed, and its file as well. */
const isCommand = ({ name, file }: Export) =>
  dirname(file) === 'src/cli/commands' && basename(file, '.ts').replaceAll('-', '') === name.toLowerCase();

/** Verbs and slices of the store, which others see as `store.webhooks.claim` only. */
const SLICED = /^: (?:Verb|Slice)<'(?:\w+\.)?(\w+)'>/;
const all = files.flatMap((file) =>
  [...textOf(file).matchAll(EXPORT)].map(([, name = '', rest = '']) => ({
    name,
    file,
    sliced: SLICED.exec(rest)?.[1],
  })),
);

const isMeant = ({ name, file }: Export) =>
  shared.some(({ names, under }) => names.includes(name) && file.startsWith(under));
const byName = (exports: readonly Export[]) => Map.groupBy(exports, ({ name }) => name);
const twice = (exports: readonly Export[]) =>
  [...byName(exports)].flatMap(([name, list]) => {
    const where = [...new Set(list.map(({ file }) => file))];
    return where.length > 1 ? [`${name}: ${where.join(', ')}`] : [];
  });

describe('exported names', () => {
  const plain = all.filter((one) => one.sliced === undefined && !isCommand(one) && !isMeant(one));
  const isOfDashboard = ({ file }: Export) => file.startsWith('src/ui/');

  it('mean one thing each in the daemon and the commands', () => {
    expect(twice(plain.filter((one) => !isOfDashboard(one)))).toEqual([]);
    expect(plain.length).toBeGreaterThan(1000);
  });

  it('mean one thing each in the dashboard, a program of its own', () => {
    expect(twice(plain.filter(isOfDashboard))).toEqual([]);
  });

  it('of verbs and slices are those of the interface', () => {
    const other = all.filter(({ name, sliced }) => sliced !== undefined && sliced !== name);
    expect(other.map(({ file, name, sliced }) => `${file}: ${name} is ${sliced}`)).toEqual([]);
  });

  it('that are shared by intent stand in several files', () => {
    const unused = shared.flatMap(({ names, under }) => {
      const there = byName(all.filter(({ file }) => file.startsWith(under)));
      return names.filter((name) => (there.get(name) ?? []).length < 2);
    });
    expect(unused).toEqual([]);
  });
});

describe('the word "place"', () => {
  /** What is called so: declared, taken as an argument or a member, or named by a file. */
  const NAMED =
    /\b(?:const|let|function|interface|type|class) (?:places?|Places?|PLACES?)\b|(?:[({[,] |[({[]|^ +(?:readonly )?)places?(?:\??: | = |, |\) =>| \}|\])/m;

  it('is in code what a source of a template has somewhere: its line and column', () => {
    const others = files.filter((file) => !file.startsWith('src/message/templates/'));
    expect(others.filter((file) => NAMED.test(textOf(file)) || /place/.test(basename(file)))).toEqual([]);
    expect(files.filter((file) => NAMED.test(textOf(file))).length).toBeGreaterThan(3);
  });
});
