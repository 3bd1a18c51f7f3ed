/**
 * Imports go down the house only. The edges that are allowed stand here as data: a forbidden edge fails, so does a
 * cycle between rooms, a room without a row, a row without a room, and an allowance that nothing uses.
 */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Each room with the rooms it may import from, from the top of the house down. `core` and `embedded` import nothing. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'embedded'],
  cli: ['daemon', 'http', 'audit', 'intake', 'db', 'blobs', 'net', 'config', 'embedded', 'core'],
  daemon: [
    ...[
      'http',
      'smtp',
      'outbox',
      'webhooks',
      'retention',
      'audit',
      'access',
      'intake',
      'render',
      'delivery',
      'domains',
    ],
    ...['dkim', 'providers', 'attachments', 'db', 'blobs', 'net', 'config', 'observe', 'embedded', 'core'],
  ],
  // Doors: translate, never decide.
  http: ['webhooks', 'audit', 'access', 'intake', 'render', 'domains', 'db', 'blobs', 'observe', 'core'],
  smtp: ['access', 'intake', 'db', 'blobs', 'observe', 'core'],
  // Workers: pull from the store, and see what they pulled through the stations.
  outbox: ['queue', 'render', 'delivery', 'attachments', 'db', 'observe', 'core'],
  webhooks: ['queue', 'db', 'net', 'observe', 'core'],
  retention: ['db', 'blobs', 'core'],
  queue: ['core'],
  // Stations: one decision each. They meet in the store, not in each other; delivery alone hands on, signed, to providers.
  audit: ['db', 'observe', 'core'],
  access: ['db', 'observe', 'core'],
  intake: ['attachments', 'db', 'blobs', 'core'],
  render: ['blobs', 'core'],
  delivery: ['dkim', 'providers', 'core'],
  domains: ['dkim', 'db', 'core'],
  dkim: ['db', 'core'],
  providers: ['net', 'core'],
  // What stations share: which files a message may carry.
  attachments: ['net', 'db', 'blobs', 'core'],
  // Ground.
  db: ['embedded', 'core'],
  blobs: ['core'],
  net: [],
  // Leaves.
  config: ['core'],
  observe: ['core'],
  embedded: [],
  core: [],
};

/** Packages that only these rooms may import; a package that is not here may be imported from anywhere. */
const fences: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['db'],
  hono: ['http'],
  '@hono/node-server': ['http'],
  'smtp-server': ['smtp'],
  nodemailer: ['providers', 'render'],
  libmime: ['intake'],
  handlebars: ['render'],
  htmlparser2: ['render'],
  commander: ['cli'],
  yaml: ['config'],
  pino: ['observe'],
  'prom-client': ['observe'],
  'file-type': ['attachments'],
  aws4fetch: ['blobs'],
  '@opentelemetry/api': ['observe'],
  '@opentelemetry/exporter-trace-otlp-http': ['observe'],
  '@opentelemetry/resources': ['observe'],
  '@opentelemetry/sdk-trace': ['observe'],
  croner: ['daemon'],
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly specifier: string;
}

const roomOf = (file: string) => {
  const [first = '', ...rest] = file.slice('src/'.length).split('/');
  return rest.length === 0 ? first.replace(/\.ts$/, '') : first;
};
const isTest = (file: string) => /\.(test|suite|testing)\.ts$/.test(file);
const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !isTest(file) && !file.endsWith('.d.ts'));

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g;
const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map((match) => ({
    file,
    room: roomOf(file),
    specifier: match[2] ?? '',
  })),
);
const inner = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map((one) => ({ ...one, target: normalize(join(dirname(one.file), one.specifier)) }))
  .map((one) => ({ ...one, edge: `${one.room} -> ${roomOf(one.target)}`, outside: !one.target.startsWith('src/') }));
const outer = imports
  .filter(({ specifier }) => !specifier.startsWith('.'))
  .map((one) => ({ ...one, name: one.specifier.split('/', one.specifier.startsWith('@') ? 2 : 1).join('/') }));
const isBuiltin = (name: string) => name.startsWith('node:') || builtinModules.includes(name);

const place = ({ file, specifier }: Import) => `${file}: ${specifier}`;

describe('the rooms', () => {
  it('are the folders of src, one row each', () => {
    const folders = new Set(files.map(roomOf));
    expect(Object.keys(rooms).sort()).toEqual([...folders].sort());
  });

  it('stand in the order of the house: what a room may import stands below it, so that no cycle can be allowed', () => {
    const order = Object.keys(rooms);
    const upwards = order.flatMap((room, at) =>
      (rooms[room] ?? []).filter((other) => order.indexOf(other) <= at).map((other) => `${room} -> ${other}`),
    );
    expect(upwards).toEqual([]);
  });

  it('are shown in that order in ARCHITECTURE.md', () => {
    const page = /^src\/\n(.*?)^deploy\//ms.exec(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))?.[1] ?? '';
    const shown = [...page.matchAll(/^ {2}(\w+)(?:\/|\.ts)/gm)].map((match) => match[1]);
    expect(shown).toEqual(Object.keys(rooms));
  });

  it('import only what their row allows', () => {
    const forbidden = inner.filter(
      ({ room, target }) => roomOf(target) !== room && !rooms[room]?.includes(roomOf(target)),
    );
    expect(forbidden.map(place)).toEqual([]);
    expect(inner.length).toBeGreaterThan(100);
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
    expect(missing.map(place)).toEqual([]);
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
      return roomOf(file) !== 'embedded' && /\bimport\.meta\b|\b__dirname\b|\b__filename\b/.test(text);
    });
    expect(looking).toEqual([]);
  });

  it('open with what they are for', () => {
    const silent = files.filter((file) => !readFileSync(join(root, file), 'utf8').startsWith('/**'));
    expect(silent).toEqual([]);
  });
});

describe('packages', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };

  it('are imported only inside their fence', () => {
    const outside = outer.filter(({ name, room }) => fences[name] !== undefined && !fences[name].includes(room));
    expect(outside.map(place)).toEqual([]);
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
    expect(outer.filter(({ name }) => name === 'node:sqlite').map(place)).toEqual([]);
  });
});
