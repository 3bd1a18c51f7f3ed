import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedJson, MessageJson, TemplateJson, TemplatePreviewJson, TemplateRowJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
let folder: string;
beforeEach(async () => {
  home = await makeHome();
  folder = join(home.folder, 'mail');
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on', '--default-from', 'Acme <noreply@acme.example>']);
  await put('layout/template.yaml', 'kind: layout\n');
  await put('layout/html.hbs', '<main>{{#block "main"}}{{/block}}</main>');
  const variable = { name: 'UserName', type: 'string', required: true, example: 'Jo' };
  await put('welcome/template.yaml', `layout: layout\nvariables: ${JSON.stringify([variable])}\n`);
  await put('welcome/subject.hbs', 'Hello {{UserName}}\n');
  await put('welcome/html.hbs', '<p>Hello {{UserName}}</p>');
});
afterEach(() => home.remove());

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}
const iep = (...args: string[]) => home.iep(['template', ...args]);
const json = <T>(...args: string[]) => home.json<T>(['template', ...args]);

describe('iep template push', () => {
  it('says what would change, does it, and has nothing more to do', async () => {
    const plan = await iep('push', folder, '--dry-run');
    expect(plan).toMatchObject({ exit: 2, out: 'create     layout\ncreate     welcome\n' });
    expect(await json<TemplateRowJson[]>('list')).toEqual([]);
    expect(await iep('push', folder)).toMatchObject({ exit: 0, err: expect.stringContaining('2 changed') });
    expect(await iep('push', folder, '--dry-run')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^unchanged .*\nunchanged /),
    });
    await put('welcome/text.hbs', 'Hello');
    expect(await json('push', folder)).toEqual([{ name: 'welcome', change: 'update', version: 2 }]);
    await iep('publish', 'welcome', '1');
    expect((await iep('push', folder, '--dry-run', '--json')).out).toContain('"publish"');
    expect((await iep('push', folder, '--dry-run', '--no-publish')).exit).toBe(0);
  });

  it('has templates that come with IEP, each fit to be used', async () => {
    expect(await iep('push', '--builtin')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^create +welcome$/m),
      err: expect.not.stringContaining('css_unsupported'),
    });
    expect(await iep('push', '--builtin', '--dry-run')).toMatchObject({ exit: 0 });
    expect((await json<TemplatePreviewJson>('preview', 'welcome')).html).toContain('</html>');
  });

  it('removes what the folder lacks only where it is told to, and what others are made with last', async () => {
    await iep('push', folder);
    await rm(folder, { recursive: true });
    await put('other/subject.hbs', 'x');
    await put('other/html.hbs', '<p>x</p>');
    expect((await iep('push', folder, '--dry-run')).out).toBe('create     other\n');
    expect((await iep('push', folder, '--prune')).out).toBe(
      'create     other\nremove     welcome\nremove     layout\n',
    );
    expect((await json<TemplateRowJson[]>('list')).map(({ name }) => name)).toEqual(['other']);
  });

  it('refuses a folder without templates, and a template that cannot be rendered', async () => {
    expect(await iep('push', join(home.folder, 'nowhere'))).toMatchObject({
      exit: 65,
      err: expect.stringContaining('does not exist'),
    });
    expect(await iep('push', home.folder)).toMatchObject({ exit: 65 });
    expect(await iep('push')).toMatchObject({ exit: 64 });
    await put('welcome/html.hbs', '<p>\n{{#if x}}');
    expect(await iep('push', folder)).toMatchObject({ exit: 65, err: expect.stringContaining('welcome') });
  });

  it('names the template and the line of each of several faults', async () => {
    await put('welcome/html.hbs', '<p>\n{{nothing UserName}}');
    await put('welcome/text.hbs', '{{#if x}}');
    const { exit, err } = await iep('push', folder);
    expect(exit).toBe(65);
    expect(err).toContain('\n  welcome: html, line 2, column 1: no helper is called "nothing"');
    expect(err).toContain('\n  welcome: text, line 1, column 10: a tag or a block is not closed');
  });

  it('stores nothing where one of them could not be rendered, or what stands there could not any more', async () => {
    await put('other/subject.hbs', 'x');
    await put('other/html.hbs', '{{#if x}}');
    for (const more of [[], ['--dry-run']]) {
      const { exit, err } = await iep('push', folder, ...more);
      expect(exit).toBe(65);
      expect(err).toContain('other: html, line 1, column 10: a tag or a block is not closed');
      expect(err).toContain('nothing was stored');
    }
    expect(await json<TemplateRowJson[]>('list')).toEqual([]);
    await put('other/html.hbs', '<p>x</p>');
    await iep('push', folder);
    await put('layout/html.hbs', '<main>{{#block "body"}}{{/block}}</main>');
    await put('welcome/html.hbs', '{{#content "main"}}<p>Hello {{UserName}}</p>{{/content}}');
    expect(await iep('push', folder)).toMatchObject({
      exit: 65,
      err: expect.stringContaining('welcome: html, line 1, column 1: no layout around it has a block "main"'),
    });
    await put('welcome/html.hbs', '{{#content "body"}}<p>Hello {{UserName}}</p>{{/content}}');
    await put('other/template.yaml', 'layout: layout');
    await put('other/html.hbs', '{{#content "body"}}<p>x</p>{{/content}}');
    expect((await iep('push', folder)).exit).toBe(0);
    await rm(join(folder, 'welcome'), { recursive: true });
    await rm(join(folder, 'other'), { recursive: true });
    await put('layout/html.hbs', '<main>{{#block "middle"}}{{/block}}</main>');
    expect(await iep('push', folder)).toMatchObject({
      exit: 65,
      err: expect.stringMatching(/other: html.*\n.*welcome: html/),
    });
    expect((await iep('push', folder, '--force')).exit).toBe(0);
    expect(await iep('publish', 'layout', '2')).toMatchObject({ exit: 0 });
    expect(await iep('publish', 'layout', '1')).toMatchObject({ exit: 65, err: expect.stringContaining('--force') });
    expect(await iep('publish', 'layout', '1', '--force')).toMatchObject({ exit: 0 });
  });

  it('says that a folder is that of one template, or is none', async () => {
    expect(await iep('push', join(folder, 'welcome'))).toMatchObject({
      exit: 65,
      err: expect.stringMatching(/holds the files of one template.*\n.*iep template push \S*mail`/),
    });
    expect(await iep('push', join(folder, 'welcome/html.hbs'))).toMatchObject({
      exit: 65,
      err: expect.stringContaining('html.hbs is not a folder\n'),
    });
  });
});

describe('a folder that iep template push refuses', () => {
  it.each([
    [
      'a link to a file',
      () => symlink('/etc/hosts', join(folder, 'welcome/text.hbs')),
      'text.hbs is a link, or no file',
    ],
    ['a link to a folder', () => symlink('welcome', join(folder, 'other')), 'other is a link, or no file'],
    ['a folder within itself', () => symlink('.', join(folder, 'welcome/de')), 'de is a link, or no file'],
    [
      'a file that is not text',
      () => writeFile(join(folder, 'welcome/text.hbs'), Buffer.from('caf\u00e9', 'latin1')),
      'text.hbs is not UTF-8 text',
    ],
    ['a name that means nothing', () => put('welcome/de/subjct.hbs', 'x'), 'welcome/de/subjct.hbs: is none of subject'],
    ['HTML twice', () => put('welcome/html.mjml', 'x'), 'welcome/html.mjml: is there as html.hbs too'],
    ['another name', () => put('welcome/template.yaml', 'name: other'), 'name: is that of the folder'],
    [
      'aliases that multiply',
      () =>
        put(
          'welcome/template.yaml',
          `a: &a [${'x,'.repeat(200)}]\nb: &b [${'*a,'.repeat(200)}]\nc: [${'*b,'.repeat(200)}]`,
        ),
      'has aliases that repeat too much',
    ],
  ])('%s', async (_what, make, told) => {
    await make();
    const { exit, err } = await iep('push', folder, '--dry-run');
    expect({ exit, told: err.includes(told) ? told : err }).toEqual({ exit: 65, told });
  });

  it('and nothing else', async () => {
    await mkdir(join(folder, 'pictures/deep/er'), { recursive: true });
    await symlink('/etc/hosts', join(folder, 'welcome/hosts'));
    await put('welcome/a.png', '\ufffd');
    await put('pictures/deep/er/html.hbs', 'x');
    expect((await iep('push', folder, '--dry-run')).out).toBe('create     layout\ncreate     welcome\n');
  });
});

describe('iep template', () => {
  beforeEach(() => iep('push', folder));

  it('lists, shows, compares, publishes and removes', async () => {
    expect((await iep('list')).out).toMatch(/^NAME .*\nlayout +layout +1 +1/);
    expect((await iep('diff', 'welcome')).out).toBe('welcome has one version.\n');
    await put('welcome/subject.hbs', 'Hi {{UserName}}\n');
    await iep('push', folder);
    const { out } = await iep('show', 'welcome');
    for (const text of [/version +2 of 2; published: 2/, /UserName +string +yes +Jo/, /Hi \{\{UserName\}\}/])
      expect(out).toMatch(text);
    expect((await json<TemplateJson>('show', 'welcome', '--template-version', '1')).subject).toBe('Hello {{UserName}}');
    expect((await iep('diff', 'welcome')).out).toBe(
      'subject, versions 1 and 2\n-Hello {{UserName}}\n+Hi {{UserName}}\n',
    );
    expect((await iep('diff', 'welcome', '2', '2')).out).toContain('alike');
    expect((await iep('publish', 'welcome', '1')).out).toBe('welcome: version 1 is published\n');
    expect(await iep('publish', 'welcome', 'one')).toMatchObject({
      exit: 64,
      err: expect.stringContaining('It takes a whole number.'),
    });
    expect(await iep('diff', 'welcome', '1', '9')).toMatchObject({
      exit: 65,
      err: expect.stringContaining('No template welcome has a version 9'),
    });
    expect(await iep('remove', 'layout', '--yes')).toMatchObject({ exit: 65, err: expect.stringContaining('welcome') });
    expect(await iep('remove', 'welcome')).toMatchObject({ exit: 64 });
    expect(await iep('remove', 'welcome', '--yes')).toMatchObject({ exit: 0 });
    expect(await iep('show', 'welcome')).toMatchObject({ exit: 65 });
  });

  it('previews with examples or values, and tells warnings', async () => {
    expect(await iep('preview', 'welcome')).toMatchObject({ exit: 0, out: 'Subject: Hello Jo\n\nHello Jo\n' });
    const shown = await json<TemplatePreviewJson>('preview', 'welcome', '--var', 'UserName=<Ada>');
    expect(shown.html).toContain('<main><p>Hello &lt;Ada&gt;</p></main>');
    expect((await iep('preview', 'welcome', '--html')).out).toContain('<main>');
  });

  it('writes into a folder what push reads', async () => {
    const pulled = join(home.folder, 'pulled');
    expect((await iep('pull', pulled)).out).toBe('layout, version 1\nwelcome, version 1\n');
    expect(await readFile(join(pulled, 'welcome/subject.hbs'), 'utf8')).toBe('Hello {{UserName}}\n');
    expect((await iep('push', pulled, '--dry-run', '--prune')).exit).toBe(0);
  });

  it('writes over the files of a template alone, and follows no link', async () => {
    const pulled = join(home.folder, 'pulled');
    const others = join(home.folder, 'others');
    await mkdir(join(pulled, 'layout'), { recursive: true });
    await mkdir(others);
    await writeFile(join(others, 'html.hbs'), 'mine');
    await writeFile(join(pulled, 'layout/notes.txt'), 'mine');
    await writeFile(join(pulled, 'layout/text.hbs'), 'old');
    await symlink(join(others, 'html.hbs'), join(pulled, 'layout/html.hbs'));
    await symlink(others, join(pulled, 'welcome'));
    expect(await iep('pull', pulled)).toMatchObject({ exit: 0 });
    expect(await readdir(others)).toEqual(['html.hbs']);
    expect(await readFile(join(others, 'html.hbs'), 'utf8')).toBe('mine');
    expect((await readdir(join(pulled, 'layout'))).toSorted()).toEqual(['html.hbs', 'notes.txt', 'template.yaml']);
    expect((await iep('push', pulled, '--dry-run', '--prune')).exit).toBe(0);
  });

  it('is shared where the operator says so', async () => {
    await iep('push', folder, '--shared');
    expect((await json<TemplateRowJson[]>('list', '--shared')).map(({ shared }) => shared)).toEqual([true, true]);
    await iep('remove', 'welcome', '--yes');
    expect((await json<TemplateJson>('show', 'welcome')).shared).toBe(true);
  });

  it('sends a test, and messages with texts made what is declared', async () => {
    const test = await json<AcceptedJson>('test', 'welcome', '--to', 'me@example.org');
    const look = (id: string) => home.json<MessageJson>(['show', id]);
    expect(await look(test.messageId)).toMatchObject({ template: 'welcome', from: { email: 'noreply@acme.example' } });
    const send = (...more: string[]) => ['send', '--to', 'a@example.org', '--template', 'welcome', ...more];
    const sent = await home.json<AcceptedJson>(send('--var', 'UserName=Ada', '--template-version', '1'));
    expect((await home.iep(['show', sent.messageId])).out).toContain('Template:     welcome, version 1');
    expect((await home.iep(['explain', sent.messageId])).out).toContain('Template: welcome, version 1');
    expect((await home.json<MessageJson[]>(['list', '--template', 'welcome'])).length).toBe(2);
    expect(await home.iep(send())).toMatchObject({ exit: 65, err: expect.stringContaining('variables.UserName') });
    expect(await home.iep(send('--subject', 'x', '--var', 'UserName=A'))).toMatchObject({ exit: 65 });
    const mail = 'To: b@example.org\nX-IEP-Template: welcome\nX-IEP-Variables: {"UserName": "Ada"}\n\nignored\n';
    const mailed = await home.iep(['sendmail', '-t'], { input: mail });
    expect(mailed.exit).toBe(0);
    const [latest] = await home.json<MessageJson[]>(['list', '--template', 'welcome']);
    expect(latest).toMatchObject({ to: ['b@example.org'], templateVersion: 1 });
  });
});

it('says what to do before the first tenant exists', async () => {
  const empty = await makeHome();
  try {
    const { exit, err } = await empty.iep(['template', 'push', '--builtin']);
    expect(exit).toBe(64);
    expect(err).toContain('No tenant exists yet');
    expect(err).toContain('`iep tenant add SLUG` makes one');
  } finally {
    await empty.remove();
  }
});
