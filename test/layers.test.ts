/**
 * Imports go down the house only. The edges that are allowed stand here as data: a forbidden edge fails, so does a
 * cycle between rooms, a room without a row, a row without a room, and an allowance that nothing uses. So does an exported
 * name that means two things.
 */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Each room with the rooms it may import from, from the top of the house down. A room inside another is a row of its own. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'base/embedded'],
  // The dashboard, which runs in a browser: it knows nothing of the rest but what /openapi.json says.
  ui: ['ui/frame', 'ui/kit', 'ui/api'],
  'ui/frame': ['ui/pages', 'ui/kit', 'ui/api'],
  'ui/pages': ['ui/kit', 'ui/api'],
  'ui/kit': ['ui/api'],
  'ui/api': [],
  cli: [
    'daemon',
    // The environment of seed 002 makes rules of its door.
    'nats',
    'api',
    'manage/doctor',
    'manage',
    'manage/backup',
    'manage/audit',
    // What types of providers there are makes the configuration's schema and the flags of `iep provider`.
    'message/feedback',
    'message/providers',
    // A folder of templates is stored in the order in which they are made of each other.
    'message/templates',
    'message/rfc5322',
    'db/datadir',
    'db/verbs',
    'config',
    'base/net',
    'base/embedded',
    'core',
  ],
  daemon: [
    'http',
    'smtp',
    'nats',
    'api',
    'manage/doctor',
    'manage/resources',
    'manage',
    'manage/chores',
    'manage/domains',
    'manage/audit',
    'notify',
    'webhooks',
    'message/feedback',
    'message/outbox',
    'message/delivery',
    'message/feedback',
    'message/providers',
    'message/dkim',
    'message/render',
    'message/tracking',
    'message/preview',
    'message/intake',
    'message/attachments',
    'access',
    'db',
    'db/datadir',
    'db/verbs',
    'blobs',
    'config',
    'base/net',
    'base/observe',
    'base/embedded',
    'core',
  ],
  // Doors: translate, never decide.
  http: ['api', 'manage/audit', 'access', 'base/observe', 'core'],
  smtp: ['message/intake', 'message/rfc5322', 'access', 'db/verbs', 'blobs', 'base/observe', 'core'],
  nats: ['webhooks', 'message/intake', 'db/verbs', 'base/observe', 'core'],
  // The calls, as data.
  api: [
    'api/pages',
    'manage/doctor',
    'manage/resources',
    'manage',
    'manage/domains',
    'manage/audit',
    // What a URL is tried with.
    'notify',
    'webhooks',
    'message/render',
    'message/tracking',
    'message/preview',
    'message/intake',
    'message/attachments',
    'message/rfc5322',
    'access',
    'db/verbs',
    'blobs',
    'base/observe',
    'core',
  ],
  // Pages that recipients open from a mail.
  'api/pages': ['core'],
  // What people change and look into.
  'manage/doctor': [
    'manage',
    'manage/domains',
    'manage/backup',
    'manage/audit',
    'message/feedback',
    'message/providers',
    'access',
    'db/datadir',
    'db/verbs',
    'blobs',
    'config',
    'base/net',
    'core',
  ],
  // What manifests declare is changed and shown by the rules of the same.
  'manage/resources': [
    'manage',
    'manage/domains',
    'manage/audit',
    'webhooks',
    'message/providers',
    'message/intake',
    // What a template is made with, so that it is stored after that.
    'message/templates',
    'access',
    'db/rules',
    'db/verbs',
    'config',
    'core',
  ],
  manage: [
    'manage/domains',
    'manage/audit',
    'notify',
    'webhooks',
    'message/feedback',
    'message/delivery',
    'message/providers',
    // What may be stored of a template, and how it would look.
    'message/render',
    'message/templates',
    // The inbox hands a released message in like any other.
    'message/intake',
    'message/rfc5322',
    'access',
    'db/datadir',
    'db/rules',
    'db/verbs',
    'blobs',
    'config',
    'core',
  ],
  'manage/backup': ['manage/audit', 'db', 'db/datadir', 'db/verbs', 'blobs', 'config', 'core'],
  'manage/chores': ['db/verbs', 'blobs', 'base/observe', 'core'],
  'manage/domains': ['message/dkim', 'db/verbs', 'core'],
  'manage/audit': ['db/verbs', 'base/observe', 'core'],
  // Workers that tell others.
  // What is posted is signed as webhooks are, and made by stored templates.
  notify: [
    'webhooks',
    // Mail of a notification is accepted as all mail is, and carries what all mail may.
    'message/intake',
    'message/attachments',
    'message/render',
    'message/templates',
    'db/verbs',
    'base/queue',
    'base/net',
    'base/observe',
    'core',
  ],
  webhooks: ['db/verbs', 'base/queue', 'base/net', 'base/observe', 'core'],
  // A message's way, and what comes back of it, judged by what servers say. Steps meet in the store, not in each other; delivery alone hands on, signed, to providers.
  // What a mail says in HTML is read as its text.
  'message/feedback': ['message/providers', 'message/render', 'db/verbs', 'base/queue', 'base/net', 'core'],
  'message/outbox': [
    'message/delivery',
    'message/render',
    'message/attachments',
    'db/verbs',
    'base/queue',
    'base/observe',
    'core',
  ],
  'message/delivery': ['message/providers', 'message/dkim', 'core'],
  // What comes back from a vendor is what the store takes.
  // Where a vendor sends to whom the header names, the header is read.
  'message/providers': ['message/rfc5322', 'db/verbs', 'base/net', 'core'],
  'message/dkim': ['db/verbs', 'core'],
  'message/render': ['message/tracking', 'message/templates', 'blobs', 'core'],
  // The links and the pixel of a copy, and who visits them.
  // A message that came whole is read for its HTML.
  'message/tracking': ['message/rfc5322', 'db/verbs', 'core'],
  'message/intake': ['message/templates', 'message/attachments', 'message/rfc5322', 'db/verbs', 'blobs', 'core'],
  // A template's warnings say what mail clients drop.
  'message/templates': ['message/preview', 'core'],
  // What a person sees of a message, whoever wrote it.
  'message/preview': ['base/net', 'core'],
  'message/attachments': ['db/verbs', 'blobs', 'base/net', 'core'],
  'message/rfc5322': ['blobs', 'core'],
  // Who is it.
  // Login providers are asked over HTTP.
  access: ['db/verbs', 'base/net', 'base/observe', 'core'],
  // Ground.
  // The door to the store: nothing outside db/ knows what keeps the rows.
  db: ['db/sqlite', 'db/postgres', 'db/verbs'],
  'db/sqlite': ['db/datadir', 'db/rows', 'db/rules', 'db/verbs', 'base/embedded', 'core'],
  'db/postgres': ['db/datadir', 'db/rows', 'db/rules', 'db/verbs', 'base/embedded', 'core'],
  'db/datadir': ['blobs', 'config', 'base/embedded', 'core'],
  'db/rows': ['db/rules', 'db/verbs', 'core'],
  'db/rules': ['db/verbs', 'core'],
  'db/verbs': ['core'],
  // S3 is asked by the one HTTP client that all use.
  blobs: ['base/net', 'core'],
  // Leaves.
  config: ['core'],
  // The one leased worker logs what goes wrong with a claim, in the words of its user.
  'base/queue': ['base/observe', 'core'],
  'base/net': ['core'],
  'base/observe': ['core'],
  'base/embedded': [],
  core: [],
};

/** Packages that only these rooms may import; a package that is not here may be imported from anywhere. */
const fences: Readonly<Record<string, readonly string[]>> = {
  // A lock of the operating system is one that SQLite takes.
  'better-sqlite3': ['db/sqlite', 'db/datadir'],
  pg: ['db/postgres'],
  hono: ['http'],
  '@hono/node-server': ['http'],
  'smtp-server': ['smtp'],
  '@nats-io/transport-node': ['nats'],
  '@nats-io/jetstream': ['nats'],
  nodemailer: ['message/providers', 'message/render'],
  libmime: ['message/rfc5322'],
  handlebars: ['message/render', 'message/templates'],
  // Only the thread that compiles MJML.
  mjml: ['message/templates'],
  htmlparser2: ['message/render', 'message/tracking', 'message/preview'],
  'sanitize-html': ['message/preview'],
  'css-tree': ['message/preview', 'message/templates'],
  commander: ['cli'],
  yaml: ['config'],
  'postal-mime': ['message/feedback', 'message/preview'],
  imapflow: ['message/feedback'],
  'prom-client': ['base/observe'],
  'file-type': ['message/attachments'],
  aws4fetch: ['base/net'],
  otpauth: ['access'],
  '@simplewebauthn/server': ['access'],
  'openid-client': ['access'],
  uqr: ['ui/pages'],
  '@aws-sdk/credential-provider-node': ['message/providers'],
  '@opentelemetry/api': ['base/observe'],
  '@opentelemetry/exporter-trace-otlp-http': ['base/observe'],
  '@opentelemetry/resources': ['base/observe'],
  '@opentelemetry/sdk-trace': ['base/observe'],
  croner: ['manage/chores'],
  preact: ['ui', 'ui/frame', 'ui/pages', 'ui/kit', 'ui/api'],
  '@preact/signals': ['ui/kit', 'ui/api'],
  '@codemirror/commands': ['ui/pages'],
  '@codemirror/lang-html': ['ui/pages'],
  '@codemirror/language': ['ui/pages'],
  '@codemirror/state': ['ui/pages'],
  '@codemirror/view': ['ui/pages'],
  '@lezer/highlight': ['ui/pages'],
  'preact-iso': ['ui/frame', 'ui/pages', 'ui/kit'],
};

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

/** Tests outside db/ that know the file of SQLite, with the reason. All others open a store by its door, so that they can run on any. */
const knowTheFile: Readonly<Record<string, string>> = {
  'test/store.ts': 'makes one empty store a run, of which all tests have a copy',
  'test/postgres.ts': 'starts PostgreSQL and makes the databases of the tests',
  'test/tamper.ts': 'changes rows past the store, as somebody does who has the file',
  'test/faults/copies.test.ts': 'looks into copies of the file that a kill may have left torn',
  'test/faults/damage.test.ts': 'overwrites a page of the file',
  'scripts/proof/history.ts': 'writes a million messages by SQL, which the doors would take an hour for',
  'test/e2e/upgrade.test.ts': 'looks at the schema of the file before and after a migration',
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly specifier: string;
}

const innermostFirst = Object.keys(rooms).sort((a, b) => b.length - a.length);
const isIn = (path: string, room: string) => path === `${room}.ts` || path.startsWith(`${room}/`);
/** Undefined for a file that is in none. */
const roomOf = (file: string) => innermostFirst.find((room) => isIn(file.slice('src/'.length), room)) ?? 'none';
const isTest = (file: string) => /\.(test|suite|testing)\.tsx?$/.test(file);
const files = globSync('src/**/*.{ts,tsx}', { cwd: root }).filter((file) => !isTest(file) && !file.endsWith('.d.ts'));

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g;
const importsOf = (file: string): readonly Import[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map((match) => ({
    file,
    room: roomOf(file),
    specifier: match[2] ?? '',
  }));
const imports = files.flatMap(importsOf);
const targetOf = ({ file, specifier }: Import) => normalize(join(dirname(file), specifier));
const inner = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map((one) => ({ ...one, target: targetOf(one) }))
  .map((one) => ({ ...one, edge: `${one.room} -> ${roomOf(one.target)}`, outside: !one.target.startsWith('src/') }));
const outer = imports
  .filter(({ specifier }) => !specifier.startsWith('.'))
  .map((one) => ({ ...one, name: one.specifier.split('/', one.specifier.startsWith('@') ? 2 : 1).join('/') }));
const keepsRows = /^src\/db\/(?:sqlite|postgres)\//;
const isBuiltin = (name: string) => name.startsWith('node:') || builtinModules.includes(name);

const where = ({ file, specifier }: Import) => `${file}: ${specifier}`;

describe('the rooms', () => {
  it('are the folders of src, one row each', () => {
    expect(files.filter((file) => roomOf(file) === 'none')).toEqual([]);
    expect(Object.keys(rooms).filter((room) => !files.some((file) => roomOf(file) === room))).toEqual([]);
  });

  it('stand in the order of the house: what a room may import stands below it, so that no cycle can be allowed', () => {
    const order = Object.keys(rooms);
    const upwards = order.flatMap((room, at) =>
      (rooms[room] ?? []).filter((other) => order.indexOf(other) <= at).map((other) => `${room} -> ${other}`),
    );
    expect(upwards).toEqual([]);
  });

  it('are shown in that order in ARCHITECTURE.md', () => {
    const page = /^src\/\n(.*?)^```/ms.exec(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))?.[1] ?? '';
    const outer = [...page.matchAll(/^ {2}(\w+)(?:\/|\.ts)/gm)].map((match) => match[1]);
    const inner = [...page.matchAll(/^ {4}(\w+)\//gm)].map((match) => match[1]);
    const rows = Object.keys(rooms).map((room) => room.split('/'));
    expect(outer).toEqual([...new Set(rows.map(([first]) => first))]);
    expect(inner).toEqual(rows.flatMap(([, second]) => second ?? []));
  });

  it('import only what their row allows', () => {
    const forbidden = inner.filter(
      ({ room, target }) => roomOf(target) !== room && !rooms[room]?.includes(roomOf(target)),
    );
    expect(forbidden.map(where)).toEqual([]);
    expect(inner.length).toBeGreaterThan(100);
  });

  it('know nothing of what keeps the rows, outside db/', () => {
    const knowing = inner.filter(({ file, target }) => !isIn(file, 'src/db') && keepsRows.test(target));
    expect(knowing.map(where)).toEqual([]);
  });

  it('have tests that know as little, but for those that say why', () => {
    const tests = globSync(['src/**/*.{ts,tsx}', 'test/**/*.ts', 'scripts/**/*.ts'], { cwd: root }).filter(
      (file) => !isIn(file, 'src/db') && !files.includes(file),
    );
    const knowing = tests.flatMap(importsOf).filter((one) => keepsRows.test(targetOf(one)));
    expect([...new Set(knowing.map(({ file }) => file))].sort()).toEqual(Object.keys(knowTheFile).sort());
  });

  it('use what their row allows', () => {
    const used = new Set(inner.map(({ edge }) => edge));
    const unused = Object.entries(rooms).flatMap(([room, others]) =>
      others.map((other) => `${room} -> ${other}`).filter((edge) => !used.has(edge)),
    );
    expect(unused).toEqual([]);
  });

  it('import files of src that are there', () => {
    const missing = inner.filter(({ target, outside }) => outside || !existsSync(join(root, target)));
    expect(missing.map(where)).toEqual([]);
  });
});

describe('files', () => {
  it('import each other in no circle, types included', () => {
    const targets = Map.groupBy(inner, ({ file }) => file);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, way: readonly string[]) => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      if (way.includes(file) || done.has(file)) return;
      for (const { target } of targets.get(file) ?? []) visit(target, [...way, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('look beside themselves only in embedded/: inside the executable there is nothing', () => {
    const looking = files.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return roomOf(file) !== 'base/embedded' && /\bimport\.meta\b|\b__dirname\b|\b__filename\b/.test(text);
    });
    expect(looking).toEqual([]);
  });

  it('import by name what the executable loads late: it gives nothing whole', () => {
    const late = 'node:(?:crypto|fs/promises|worker_threads)';
    const whole = new RegExp(`import\\(\\s*'${late}'|import (?!type|\\{)[^'\\n]*'${late}'`);
    expect(files.filter((file) => whole.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('open with what they are for', () => {
    const silent = files.filter((file) => !readFileSync(join(root, file), 'utf8').startsWith('/**'));
    expect(silent).toEqual([]);
  });
});

interface Export {
  readonly name: string;
  readonly file: string;
}

const EXPORT = /^export (?:async )?(?:function\*? |const |let |class |interface |type )(\w+)(.*)$/gm;
/** Made from /openapi.json, whose nouns it names. */
const GENERATED = 'src/ui/api/types.ts';
const named = globSync('src/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !file.endsWith('.d.ts') && file !== GENERATED,
);
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** A command is named as it is typed, and its file as well. */
const isCommand = ({ name, file }: Export) =>
  dirname(file) === 'src/cli/commands' && basename(file, '.ts').replaceAll('-', '') === name.toLowerCase();

/** Verbs and slices of the store, which others see as `store.webhooks.claim` only. */
const SLICED = /^: (?:Verb|Slice)<'(?:\w+\.)?(\w+)'>/;
const all = named.flatMap((file) =>
  [...textOf(file).matchAll(EXPORT)].map(([, name = '', rest = '']) => ({
    name,
    file,
    sliced: SLICED.exec(rest)?.[1],
  })),
);

/** The folders and files of one store are those of the other. */
const ofEitherStore = (file: string) => file.replace(/^src\/db\/(sqlite|postgres)\//, 'src/db/*/');
const isMeant = ({ name, file }: Export) =>
  shared.some(({ names, under }) => names.includes(name) && file.startsWith(under));
const byName = (exports: readonly Export[]) => Map.groupBy(exports, ({ name }) => name);
const twice = (exports: readonly Export[]) =>
  [...byName(exports)].flatMap(([name, list]) => {
    const where = [...new Set(list.map(({ file }) => ofEitherStore(file)))];
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
    const others = named.filter((file) => !file.startsWith('src/message/templates/'));
    expect(others.filter((file) => NAMED.test(textOf(file)) || /place/.test(basename(file)))).toEqual([]);
    expect(named.filter((file) => NAMED.test(textOf(file))).length).toBeGreaterThan(3);
  });
});

describe('packages', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };

  it('are imported only inside their fence', () => {
    const outside = outer.filter(({ name, room }) => fences[name] !== undefined && !fences[name].includes(room));
    expect(outside.map(where)).toEqual([]);
  });

  it('are dependencies, and every dependency is imported', () => {
    const used = new Set(outer.map(({ name }) => name).filter((name) => !isBuiltin(name)));
    expect([...used].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('have a fence that somebody lives in', () => {
    const empty = Object.entries(fences).flatMap(([name, allowed]) =>
      allowed
        .filter((room) => !outer.some((one) => one.name === name && one.room === room))
        .map((r) => `${name}: ${r}`),
    );
    expect(empty).toEqual([]);
  });

  it('are the only SQLite: a second copy in the process loses the locks of the first', () => {
    expect(outer.filter(({ name }) => name === 'node:sqlite').map(where)).toEqual([]);
  });
});
