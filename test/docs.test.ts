/** What the documents say must be so: their links lead somewhere, and the commands, keys and variables they name exist. */

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandTable } from '../src/cli/command-table.ts';
import { configSchema } from '../src/cli/configuration.ts';
import { ownVariables } from '../src/config/environment.ts';
import { keyAt, keysOf, pathsOf } from '../src/config/keys.ts';
import { refusals } from '../src/core/errors.ts';
import type { ProviderSettings } from '../src/core/provider-settings.ts';
import { startServer } from '../src/http/http.testing.ts';
import { capabilitiesOf, tellsByHook } from '../src/message/providers/index.ts';

const root = join(import.meta.dirname, '..');
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).map((name) => ({
  name,
  text: readFileSync(join(root, name), 'utf8'),
}));

const pageOf = (name: string) => documents.find((one) => one.name === name)?.text ?? '';

/** Text of the fenced blocks of one language. */
function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)[^\n]*\n(.*?)^```/gms)].flatMap(([, kind, body = '']) =>
    kind === language ? [body] : [],
  );
}

const withoutBlocks = (text: string) => text.replace(/^```.*?^```/gms, '');

/** A heading's name in a link, as GitHub makes it. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const anchorsOf = (text: string) =>
  [...withoutBlocks(text).matchAll(/^#+\s+(.*)$/gm)].map((match) => anchor(match[1] ?? ''));

describe('the codes of refusals in docs/http.md', () => {
  it('are those of the table in core/errors.ts', () => {
    const rows = pageOf('docs/http.md').match(/^\| `\w+` \| \d{3} \|.*$/gm);
    const known = Object.entries(refusals).map(
      ([code, { status, smtp, exit, title }]) => `| \`${code}\` | ${status} | ${smtp.join(' ')} | ${exit} | ${title} |`,
    );
    expect(rows).toEqual(known);
  });
});

describe('every file', () => {
  it('is free of the marks of a merge that was left undone', () => {
    const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    const marked = files.filter((file) => /^(?:<{7} |>{7} )/m.test(readFileSync(join(root, file), 'latin1')));
    expect(marked).toEqual([]);
  });
});

describe('links', () => {
  it('lead to files and headings that are there', () => {
    const broken = documents.flatMap(({ name, text }) =>
      [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => match[1] ?? '')
        .filter((link) => !/^[a-z]+:/.test(link) && !leads(name, link))
        .map((link) => `${name}: ${link}`),
    );
    expect(broken).toEqual([]);
    expect(documents.map(({ name }) => name)).toContain('README.md');
  });
});

describe('ARCHITECTURE.md and CONTRIBUTING.md', () => {
  it('name files that are there', () => {
    const named = ['ARCHITECTURE.md', 'CONTRIBUTING.md'].flatMap((name) =>
      [...pageOf(name).matchAll(/(?<=[` ])(?:[\w.-]+\/)+[\w.-]+\.(?:ts|md|sql)(?=[` ])/g)].map(([path]) => ({
        name,
        path,
      })),
    );
    const gone = named.filter(({ path }) => !['', 'src'].some((above) => existsSync(join(root, above, path))));
    expect(gone).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });
});

function leads(from: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? join(root, from) : join(root, dirname(from), path);
  if (!existsSync(target)) return false;
  return heading === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(heading);
}

describe('commands', () => {
  const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
    .scripts;
  const commands = new Set(commandTable.map((entry) => entry.name));

  /** What is wrong with a line of shell, as far as it names something of ours. */
  function wrong(line: string): string | undefined {
    const [, script] = /\bnpm run ([\w:-]+)/.exec(line) ?? [];
    if (script !== undefined && !(script in scripts)) return `there is no npm script ${script}`;
    const [file] = /(?<![\w/.-])scripts\/[\w./-]+/.exec(line) ?? [];
    if (file !== undefined && !existsSync(join(root, file))) return `there is no ${file}`;
    const [, command] = /(?:^|[|;&(]\s*|\s)(?:\.\/|dist\/)?iep\s+((?!-)[\w-]+)(?![\w.-])/.exec(line) ?? [];
    if (command !== undefined && !commands.has(command) && command !== 'help' && command !== 'iep')
      return `there is no command ${command}`;
    return undefined;
  }

  it('in shell blocks exist', () => {
    const lines = documents.flatMap(({ name, text }) =>
      blocks(text, 'sh').flatMap((block) =>
        block.split('\n').map((line) => ({ name, line: line.replace(/^\$ /, '') })),
      ),
    );
    const faults = lines.flatMap(({ name, line }) => {
      const fault = line.startsWith('#') ? undefined : wrong(line);
      return fault === undefined ? [] : [`${name}: ${line}: ${fault}`];
    });
    expect(faults).toEqual([]);
    expect(lines.length).toBeGreaterThan(3);
  });

  it('that need a tenant where there are several come with it, or with a word of that on their page', () => {
    const needy =
      /\biep (?:send|sendmail|suppression (?:add|show|remove|import|export)|domain (?:add|show|verify|history|rotate|remove)|webhook add|key add)\b/;
    const bare = documents.filter(
      ({ name, text }) =>
        name.startsWith('docs/') &&
        blocks(text, 'sh').some((block) =>
          block.split('\n').some((line) => needy.test(line) && !/--tenant|--scopes operator/.test(line)),
        ),
    );
    const silent = bare.filter(({ name, text }) => name !== 'docs/shell.md' && !text.includes('#several-tenants)'));
    expect(silent.map(({ name }) => name)).toEqual([]);
    expect(bare.length).toBeGreaterThan(5);
  });

  it('are noticed when they do not exist', () => {
    expect(wrong('echo hi | dist/iep sned --to x')).toBe('there is no command sned');
    expect(wrong('npm run biuld')).toBe('there is no npm script biuld');
    expect(wrong('scripts/nothing --all')).toBe('there is no scripts/nothing');
    expect(wrong('dist/iep --version && iep send')).toBeUndefined();
  });

  it('that are scripts can be started', () => {
    const started = globSync('scripts/*', { cwd: root }).filter(
      (name) => !name.includes('.') && statSync(join(root, name)).isFile(),
    );
    const dull = started.filter((name) => (statSync(join(root, name)).mode & 0o111) === 0);
    expect(dull).toEqual([]);
    for (const name of started) {
      const first = readFileSync(join(root, name), 'utf8').split('\n')[0];
      expect(first, name).toMatch(/^#!\/usr\/bin\/env /);
      if (first?.endsWith('bash')) execFileSync('bash', ['-n', join(root, name)]);
    }
  });
});

describe('configuration', () => {
  const tree = keysOf(configSchema);

  it('in YAML blocks has keys that exist', () => {
    const unknown = documents.flatMap(({ name, text }) =>
      blocks(text, 'yaml').flatMap((block) => unknownKeys(parse(block)).map((path) => `${name}: ${path.join('.')}`)),
    );
    expect(unknown).toEqual([]);
  });

  function unknownKeys(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
    if (keyAt(tree, path) === undefined) return [path];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, inner]) => unknownKeys(inner, [...path, name]));
  }

  it('in environment variables has names that exist', () => {
    const ofKeys = pathsOf(tree).map(
      (path) =>
        `IEP_${path
          .replace(/\.\*.*$/, '')
          .replaceAll('.', '_')
          .toUpperCase()}`,
    );
    const known = new Set([...ownVariables, ...ofKeys]);
    const unknown = documents.flatMap(({ name, text }) =>
      [...text.matchAll(/\bIEP_[A-Z_]+\b/g)]
        .map((match) => match[0])
        .filter((variable) => !known.has(variable) && !variable.startsWith('IEP_PROVIDERS_'))
        .map((variable) => `${name}: ${variable}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('docs/http.md', () => {
  it('lists every call there is, and no other', async () => {
    const server = await startServer();
    const { body } = await server.call('GET', '/openapi.json');
    await server.close();
    const { paths } = body as unknown as { paths: Record<string, object> };
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const table = /## All calls\n(.*?)\n## /s.exec(pageOf('docs/http.md'))?.[1] ?? '';
    const listed = [...table.matchAll(/`([A-Z]+ \/[^`]*)`/g)].map((match) => match[1]);
    expect(listed.sort()).toEqual(calls.sort());
  });
});

describe('docs/metrics.md', () => {
  it('names every metric of the daemon', () => {
    const files = globSync('src/base/observe/metrics/*.ts', { cwd: root });
    const names = files.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/'(iep_\w+)'/g)].map((match) => match[1] ?? ''),
    );
    expect(names.filter((name) => !pageOf('docs/metrics.md').includes(`\`${name}\``))).toEqual([]);
    expect(names.length).toBeGreaterThan(40);
  });
});

describe('docs/providers.md', () => {
  it('says of each vendor what its capabilities say', () => {
    const MIB = 1024 * 1024;
    const id = '11111111-2222-3333-4444-555555555555';
    const vendors: readonly ProviderSettings[] = [
      { type: 'ses', region: 'eu-central-1' },
      { type: 'sendgrid', apiKey: 'key' },
      { type: 'resend', apiKey: 'key' },
      { type: 'mailgun', apiKey: 'key', domain: 'mail.example.com' },
      { type: 'postmark', serverToken: 'token' },
      { type: 'graph', directoryId: id, clientId: id, clientSecret: 'secret' },
    ];
    const rows = vendors.map((settings) => {
      const { maxRecipients = 0, maxBytes = 0, takes, idempotent } = capabilitiesOf(settings) ?? {};
      return {
        ...{ type: settings.type, recipients: maxRecipients.toLocaleString('en'), size: `${maxBytes / MIB} MiB` },
        ...{ whole: takes === 'mime' ? 'by the API' : 'over its SMTP endpoint', idempotent },
        events: tellsByHook(settings.type),
      };
    });
    const written = [...pageOf('docs/providers.md').matchAll(/^\| `(\w+)` \|((?: [^|]+ \|){8})$/gm)].map(
      ([, type, cells = '']) => {
        const [recipients, size, whole, , , idempotency = '', events] = cells.split('|').map((cell) => cell.trim());
        return { type, recipients, size, whole, idempotent: idempotency.startsWith('yes'), events: events === 'yes' };
      },
    );
    expect(written).toEqual(rows);
  });
});

describe('README.md', () => {
  it('lists every page of docs/ once', () => {
    const table = /## Documentation\n(.*?)\n## /s.exec(pageOf('README.md'))?.[1] ?? '';
    const listed = [...table.matchAll(/\]\((docs\/[^)]+)\)/g)].map((match) => match[1]);
    expect(listed.sort()).toEqual(globSync('docs/*.md', { cwd: root }).sort());
  });
});

describe('docs/spec-coverage.md', () => {
  const rows = pageOf('docs/spec-coverage.md')
    .split('\n')
    .filter((line) => /^\| /.test(line) && !/^\| (§|row) /.test(line));
  const testsOf = (row: string) => [...row.matchAll(/`((?:src|test|scripts)\/[^`]+)`/g)].map((match) => match[1] ?? '');

  it('names tests that exist', () => {
    const gone = rows.flatMap(testsOf).filter((path) => !existsSync(join(root, path)));
    expect(gone).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
  });

  it('has a test for each row, or the step that it waits for', () => {
    const empty = rows.filter((row) => testsOf(row).length === 0 && !/waits? for|no rule/.test(row));
    expect(empty).toEqual([]);
  });
});
