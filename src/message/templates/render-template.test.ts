import { describe, expect, it } from 'vitest';
import { createCompile } from './compile.ts';
import { renderTemplate } from './render-template.ts';
import { createTestEngine, system, templateOf, variable } from './templates.testing.ts';

const { html, render, faults } = createTestEngine();

describe('a value in HTML is written for its place', () => {
  const all = `<&>"'`;

  it.each([
    ['<p>{{x}}</p>', '<p>&lt;&amp;&gt;&quot;&#x27;</p>'],
    ['<p title="{{x}}">', '<p title="&lt;&amp;&gt;&quot;&#x27;">'],
    ['<p title={{x}} id=a>', '<p title=&lt;&amp;&gt;&#34;&#39; id=a>'],
    ['<a href="{{x}}">', '<a href="%3c&amp;%3e%22%27">'],
    ['<a href="https://x.example/{{x}}?q={{x}}">', '<a href="https://x.example/%3c%26%3e%22%27?q=%3c%26%3e%22%27">'],
    ['<title>{{x}}</title>', '<title>&lt;&amp;&gt;&quot;&#x27;</title>'],
    ['<!-- {{x}} -->', '<!-- &lt;&amp;&gt;&quot;&#x27; -->'],
    ['<style data-embed>a { color: {{x}} }</style>', '<style data-embed>a { color:  }</style>'],
    ['<p style="color: {{x}}">', '<p style="color: ">'],
    [`<p style="font-family: '{{x}}'">`, `<p style="font-family: '\\3c \\26 \\3e \\22 \\27 '">`],
    [
      '<script type="application/ld+json">{"a": {{x}}, "b": "{{x}}"}</script>',
      `<script type="application/ld+json">{"a": "\\u003c\\u0026\\u003e\\"'", "b": "\\u003c\\u0026\\u003e\\"'"}</script>`,
    ],
  ])('%s', async (source, expected) => {
    expect(await html(source, { x: all })).toBe(expected);
  });

  it.each([
    ['<a href="{{x}}">', 'javascript:alert(1)', '<a href="#">'],
    ['<a href="{{x}}">', ' jAvaScript:alert(1)', '<a href="#">'],
    ['<a href="{{x}}">', 'java\tscript:alert(1)', '<a href="#">'],
    ['<a href="{{x}}">', 'data:text/html,x', '<a href="#">'],
    ['<a href="java{{x}}">', 'script:alert(1)', '<a href="javascript%3aalert%281%29">'],
    ['<a href="{{y}}{{x}}">', 'script:alert(1)', '<a href="#">'],
    ['<a href="javascript:{{x}}">', 'alert(1)', '<a href="#">'],
    ['<a href="java&#115;cript&colon;{{x}}">', 'alert(1)', '<a href="#">'],
    ['<img src={{x}}>', 'javascript:alert(1)', '<img src=#>'],
    ['<a href="{{x}}">', 'https://x.example/a?b=c&d=%20#e', '<a href="https://x.example/a?b=c&amp;d=%20#e">'],
    ['<a href="mailto:{{x}}">', 'a@b.example', '<a href="mailto:a@b.example">'],
    ['<a href="{{x}}">', '/relative', '<a href="/relative">'],
    [
      '<meta http-equiv="refresh" content="0; url={{x}}">',
      'data:text/html,x',
      '<meta http-equiv="refresh" content="#">',
    ],
    ['<meta content="{{x}}" http-equiv="refresh">', '1;URL=javascript:x', '<meta content="#" http-equiv="refresh">'],
    ['<meta content="0;url={{x}}">', 'https://x.example/?a&b', '<meta content="0;url=https://x.example/?a&amp;b">'],
    ['<meta name="description" content="{{x}}">', 'Note: a url=b', '<meta name="description" content="Note: a url=b">'],
  ])('%s with %s is judged as a whole', async (source, x, expected) => {
    expect(await html(source, { x, y: 'java' })).toBe(expected);
  });

  it('whatever branches were taken before it', async () => {
    const source = '<a {{#if u}}href="https://x.example/?{{else}}title="{{/if}}{{x}}">{{x}}</a>';
    expect(await html(source, { u: true, x: 'a b&' })).toBe('<a href="https://x.example/?a%20b%26">a b&amp;</a>');
    expect(await html(source, { x: 'a b&' })).toBe('<a title="a b&amp;">a b&amp;</a>');
  });

  it.each([
    ['<{{x}}>', 'the name of a tag'],
    ['<p {{x}}>', 'an attribute'],
    ['<p onclick="{{x}}">', 'event handler'],
    ['<script>{{x}}</script>', 'a script'],
    ['<!DOCTYPE {{x}}>', 'inside of <!'],
    ['<p title="{{x}}', 'ends inside of a tag'],
    ['<title>{{x}}', 'ends inside of <title>'],
  ])('%s is refused', async (source, reason) => {
    expect(await faults({ html: source })).toEqual([
      expect.objectContaining({ message: expect.stringContaining(reason) }),
    ]);
    expect(await html(source, { x: 'a' })).toContain(reason);
  });
});

describe('raw output', () => {
  it('needs a variable that is declared so, whatever it comes through', async () => {
    const raw = { variables: [variable('body', { raw: true })] };
    expect(await html('{{{body}}}', { body: '<b>' }, raw)).toBe('<b>');
    expect(await html('{{#each body}}{{{this.html}}}{{/each}}', { body: [{ html: '<b>' }] }, raw)).toBe('<b>');
    expect(await faults({ html: '{{{body}}}{{{other}}}', ...raw })).toEqual([
      { path: 'html', line: 1, column: 11, message: expect.stringContaining('"other" is printed as HTML') },
    ]);
    const escapes = [
      '{{{brand.footer}}}',
      '{{#with brand}}{{{body}}}{{/with}}',
      '{{{lower other}}}',
      '{{#each other}}{{{body}}}{{/each}}',
    ];
    for (const source of escapes) expect(await faults({ html: source, ...raw })).toHaveLength(1);
    expect(await html('{{.body | safeHTML}}', { body: '<b>' }, { ...raw, syntax: 'go' })).toBe('<b>');
    expect(await faults({ html: '{{.other | safeHTML}}', syntax: 'go', ...raw })).toHaveLength(1);
  });

  it('is escaped in an attribute', async () => {
    const raw = { variables: [variable('body', { raw: true })] };
    expect(await html('<p title="{{{body}}}">', { body: '">' }, raw)).toBe('<p title="&quot;&gt;">');
  });

  it('of a partial is of the variable that it is given', async () => {
    const library = [templateOf({ name: 'row', kind: 'partial', html: '{{{text}}}' })];
    const definition = { variables: [variable('body', { raw: true })], html: '{{> row text=body}}' };
    expect(await html(definition.html, { body: '<i>' }, definition, { library })).toBe('<i>');
    expect(await faults({ ...definition, html: '{{> row text=other}}' }, library)).toHaveLength(1);
  });
});

describe('the subject', () => {
  it('is one line of plain text', async () => {
    const rendered = await render({ subject: 'Hi {{x}}', text: '{{x}}' }, { variables: { x: 'a\r\nBcc: b <c> & d' } });
    expect(rendered).toEqual({ subject: 'Hi a Bcc: b <c> & d', text: 'a\r\nBcc: b <c> & d' });
  });
});

describe('layouts', () => {
  const outer = templateOf({
    name: 'outer',
    kind: 'layout',
    html: '<body>{{#block "main"}}-{{/block}}{{#block "foot"}}{{brand.company}}{{/block}}</body>',
  });
  const inner = templateOf({
    name: 'inner',
    kind: 'layout',
    layout: 'outer',
    html: '{{#content "main"}}<main>{{#block "main"}}{{/block}}</main>{{/content}}',
  });
  const library = [outer, inner];

  it('are filled by what the template has, at any distance', async () => {
    expect(await html('<p>{{x}}</p>', { x: 'a' }, { layout: 'outer' }, { library, brand: { company: 'A & B' } })).toBe(
      '<body><p>a</p>A &amp; B</body>',
    );
    const contents = '{{#content "main"}}M{{/content}} {{#content "foot"}}F{{/content}}';
    expect(await html(contents, {}, { layout: 'inner' }, { library })).toBe('<body><main>M</main>F</body>');
  });

  it('of one syntax hold templates of the other', async () => {
    const go = { syntax: 'go', layout: 'outer' } as const;
    expect(await html('<p>{{.x}}</p>', { x: 'a' }, go, { library })).toBe('<body><p>a</p></body>');
    expect(await html('{{define "foot"}}{{.x}}{{end}}', { x: 'a' }, go, { library })).toBe('<body>-a</body>');
    const layout = templateOf({
      name: 'go',
      kind: 'layout',
      syntax: 'go',
      html: '<b>{{block "main" .a}}{{.}}{{end}}</b>',
    });
    expect(await html('', { a: 1 }, { layout: 'go' }, { library: [layout] })).toBe('<b>1</b>');
    expect(await html('{{a}}!', { a: 1 }, { layout: 'go' }, { library: [layout] })).toBe('<b>1!</b>');
  });

  it.each([
    ['none', 'does not exist'],
    ['part', 'is a partial'],
    ['loop', 'inside of itself'],
  ])('%s is refused', async (layout, message) => {
    const loop = templateOf({ name: 'loop', kind: 'layout', layout: 'pool', html: '{{#block "main"}}{{/block}}' });
    const pool = { ...loop, name: 'pool', layout: 'loop' };
    const part = templateOf({ name: 'part', kind: 'partial', html: '' });
    expect(await faults({ layout, html: 'x' }, [loop, pool, part])).toEqual([
      { path: 'layout', message: expect.stringContaining(message) },
    ]);
  });

  it('have no block of a name that a template fills by mistake', async () => {
    expect(await faults({ layout: 'outer', html: '\n{{#content "mian"}}{{/content}}' }, library)).toEqual([
      { path: 'html', line: 2, column: 1, message: 'no layout around it has a block "mian"' },
    ]);
  });
});

describe('partials', () => {
  const part = (name: string, source: string) => templateOf({ name, kind: 'partial', html: source });

  it('see what stands around them, or what they are given', async () => {
    const library = [part('row', '{{name}}/{{extra}};')];
    const source = '{{#each rows}}{{> row extra=@index}}{{/each}}{{> row first}}{{> row}}';
    const values = { rows: [{ name: 'a' }, { name: 'b' }], first: { name: 'f' }, name: 'top' };
    expect(await html(source, values, {}, { library })).toBe('a/0;b/1;f/;top/;');
  });

  it('that are missing, or inside of themselves, are refused with their place', async () => {
    expect(await faults({ html: 'a\n {{> none}}' })).toEqual([
      { path: 'html', line: 2, column: 2, message: 'the partial "none" does not exist' },
    ]);
    const library = [part('a', '{{> b}}'), part('b', 'x{{> a}}')];
    expect(await faults({ html: '{{> a}}' }, library)).toEqual([
      { path: 'html', line: 1, column: 2, message: 'partial "b" html: "a" is inside of itself: a > b > a' },
    ]);
  });

  it('that double at each step are refused before they are run', async () => {
    const library = Array.from({ length: 18 }, (_, at) => part(`p${at}`, `{{> p${at + 1}}}`.repeat(3)));
    const [fault] = await faults({ html: '{{> p0}}' }, [...library, part('p18', 'x')]);
    expect(fault?.message).toContain('more than 50000 parts');
  });
});

describe('locales', () => {
  it('fall back, and never mix the parts of a body', async () => {
    const definition = {
      subject: 'Hello',
      html: '<p>Hello</p>',
      text: 'Hello',
      locales: {
        fr: { html: '<p>Bonjour</p>' },
        'fr-CA': { subject: 'Allo' },
        de: { subject: 'Hallo', text: 'Hallo' },
      },
    };
    const inLocale = (locale: string) => render(definition, { locale });
    expect(await inLocale('fr_ca')).toEqual({ subject: 'Allo', html: '<p>Bonjour</p>' });
    expect(await inLocale('fr')).toEqual({ subject: 'Hello', html: '<p>Bonjour</p>' });
    expect(await inLocale('de-AT')).toEqual({ subject: 'Hallo', text: 'Hallo' });
    expect(await inLocale('es')).toEqual({ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' });
  });

  it('have their faults told', async () => {
    expect(await faults({ html: 'a', locales: { de: { html: '{{#if}}' } } })).toEqual([
      expect.objectContaining({ path: 'locales.de.html', line: 1 }),
    ]);
  });
});

it('shows the preheader first, and hides it', async () => {
  const rendered = await html('<html><body class="a">x</body></html>', { n: '<1>' }, { preheader: 'About {{n}}' });
  expect(rendered).toMatch(/^<html><body class="a"><div style="display:none;[^"]*">About &lt;1&gt;<\/div>x<\/body>/);
});

describe('helpers', () => {
  it.each([
    ['{{date at "yyyy-MM-dd HH:mm" "Europe/Berlin"}}', '2026-01-15 10:30'],
    [`{{date at "d. MMMM yyyy 'um' H:mm" tz="Europe/Berlin" locale="de"}}`, '15. Januar 2026 um 10:30'],
    ['{{date at "EEE, dd MMM yy hh:mm a xxx"}}', 'Thu, 15 Jan 26 09:30 AM +00:00'],
    ['{{date at "short" "UTC" "de"}}', '15.01.26, 09:30'],
    ['{{date none}}|{{date "no date"}}', '|no date'],
    ['{{number 1234567.891}} {{number 2 2}} {{number 1234.5 "de"}}', '1,234,567.891 2.00 1.234,5'],
    ['{{currency 12.5 "EUR"}}', '€12.50'],
    ['{{plural 1 "item" "items"}} {{plural 2 "item" "items"}}', 'item items'],
    ['{{truncate "Hello, world" 5}} {{truncate "Hi" 5}} {{truncate "abc" 2 "..."}}', 'Hello… Hi ab...'],
    ['{{default none "d"}} {{default zero "d"}} {{upper "ab"}} {{lower "AB"}}', 'd 0 AB ab'],
    ['{{json list}} {{join list}} {{join list "-"}}', '[1,2] 1, 2 1-2'],
    ['{{#if (and (eq 1 1) (lt 1 2) (not none))}}yes{{/if}}{{#unless (or none "x")}}no{{/unless}}', 'yes'],
    ['{{#eq zero 0}}same{{else}}other{{/eq}}{{#ne zero 0}}x{{/ne}}', 'same'],
    ['{{#each object as |value key|}}{{key}}={{value}};{{/each}}{{lookup list 1}}', 'a=1;b=2;2'],
    ['{{#list}}{{.}}{{@last}} {{/list}}{{#none}}x{{/none}}{{^none}}nothing{{/none}}', '1false 2true nothing'],
    ['{{#with object}}{{a}}{{../zero}}{{@root.zero}}{{/with}}{{object.a}}{{[object].b}}{{list.length}}', '100122'],
  ])('%s', async (source, expected) => {
    const values = { at: '2026-01-15T09:30:00Z', zero: 0, list: [1, 2], object: { a: 1, b: 2 } };
    expect(await render({ text: source }, { variables: values })).toEqual({ subject: 'Hello', text: expected });
  });

  it.each([
    ['{{date at "qqq"}}', 'a pattern has no "qqq"'],
    ['{{date at "yyyy" "Mars/Base"}}', 'is not a time zone'],
    ['{{currency 1 "EURO"}}', 'is not a code'],
    ['{{upper}}{{upper "a" "b"}}', 'upper takes 1 argument'],
    ['{{shout "a"}}', 'no helper is called "shout"'],
  ])('%s is refused', async (source, reason) => {
    expect(await render({ text: source }, { variables: { at: 0 } })).toContain(reason);
  });
});

describe('what a template sees', () => {
  it.each([
    '{{constructor}}{{__proto__}}{{x.constructor}}{{x.__proto__.y}}{{toString}}{{lookup this "constructor"}}{{list.map}}{{x.length.constructor}}',
    '{{#with constructor}}in{{/with}}{{#each __proto__}}in{{/each}}{{#with (lookup this "__proto__")}}in{{/with}}',
  ])('is nothing that was not given: %s', async (source) => {
    expect(await html(source, { x: 'text', list: [] })).toBe('');
  });

  it('are its own members, whatever they are called', async () => {
    const values = JSON.parse('{"constructor": 1, "o": {"__proto__": {"x": 2}}}') as Record<string, never>;
    expect(await html('{{constructor}} {{o.__proto__.x}}', values)).toBe('1 2');
  });
});

describe('Go', () => {
  const all = (count: number, make: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => make(at)).join('');

  it.each([
    [`{{.x${' | html'.repeat(5_000)}}}`, 'more than 20 parts in a pipeline'],
    [all(5_000, (at) => `{{$v${at} := .x}}`), 'more than 200 variables in sight'],
    [`${all(201, (at) => `{{range $v${at} := .x}}`)}`, 'more than 100 blocks in one another'],
  ])('%s is refused', async (source, reason) => {
    expect(await render({ syntax: 'go', text: source }, { variables: { x: 'a' } })).toContain(reason);
  });

  it('has as many variables as it wants, one after another', async () => {
    const source = all(1_000, (at) => `{{if .x}}{{$v${at} := .x}}{{$v${at}}}{{end}}`);
    expect(await render({ syntax: 'go', text: source }, { variables: { x: 'a' } })).toMatchObject({
      text: 'a'.repeat(1_000),
    });
  });
});

describe('the limits', () => {
  const list = Array.from({ length: 1000 }, (_, at) => at);
  const nested = (depth: number) => '{{#if a}}'.repeat(depth) + '{{/if}}'.repeat(depth);

  it.each([
    [
      'loops in loops',
      '{{#each a}}{{#each @root.a}}{{#each @root.a}}{{/each}}{{/each}}{{/each}}',
      { a: list },
      /steps|ms of/,
    ],
    ['much output', '{{#each a}}{{@root.s}}{{/each}}', { a: list, s: 'x'.repeat(10_000) }, /characters|steps/],
    ['much text', `{{#each a}}${'x'.repeat(10_000)}{{/each}}`, { a: list }, /characters/],
    [
      'long values gone over often',
      '{{#each a}}{{truncate @root.s 1}}{{/each}}',
      { a: list, s: 'é'.repeat(500_000) },
      /steps/,
    ],
    [
      'long lists written often',
      '{{#each a}}{{#if (eq @root.b 1)}}{{/if}}{{lookup @root.b @root.b}}{{lower @root.b}}{{/each}}',
      { a: list, b: Array(90_000).fill(7) },
      /characters/,
    ],
    ['blocks in one another', nested(101), { a: 1 }, /blocks/],
    ['blocks beyond any stack', nested(1500), { a: 1 }, /blocks/],
    ['many expressions', '{{a}}'.repeat(2001), {}, /expressions/],
    ['sub-expressions', `{{upper ${'(upper '.repeat(20)}a${')'.repeat(20)}}}`, {}, /calls/],
    ['long paths', `{{${'a.'.repeat(30)}a}}`, {}, /path/],
    ['open tags in each pass', '{{#each a}}<p title="{{/each}}{{a}}', { a: list }, /be an attribute/],
  ])('stop %s', async (_what, source, values, reason) => {
    const before = process.threadCpuUsage();
    expect(await html(source, values)).toMatch(reason);
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(5_000);
  });

  it.each([
    ['blocks in one another', '{{if .a}}'.repeat(500) + '{{end}}'.repeat(500), /blocks/],
    ['else if after else if', `{{if .a}}${'{{else if .a}}'.repeat(500)}{{end}}`, /blocks/],
    ['parentheses', `{{${'('.repeat(500)}.a${')'.repeat(500)}}}`, /parentheses/],
    ['wide numbers', '{{range $x := .a}}{{printf "%999d%999d%999d%999d" 1 2 3 4}}{{end}}', /characters|steps/],
    [
      'definitions that triple',
      `${Array.from({ length: 18 }, (_, at) => `{{define "${at}"}}${`{{template "${at + 1}"}}`.repeat(3)}{{end}}`).join('')}{{define "18"}}x{{end}}{{template "0"}}`,
      /parts/,
    ],
    ['many tags', '{{.a}}'.repeat(80_000), /parts|characters|steps/],
    ['open tags', '{{'.repeat(100_000), /tag/],
    ['open comments', '{{/*'.repeat(50_000), /comment/],
    ['a long template', 'x'.repeat(600_000), /longer/],
    ['loops in loops', '{{range .a}}{{range $.a}}{{range $.a}}{{end}}{{end}}{{end}}', /steps|ms of/],
    ['long arguments', `{{print ${'.a '.repeat(1000)}}}`, /print takes/],
  ])('stop %s of Go', async (_what, source, reason) => {
    const before = process.threadCpuUsage();
    expect(await html(source, { a: list }, { syntax: 'go' })).toMatch(reason);
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(5_000);
  });

  it('let a long mail through', async () => {
    const rows = list.map((at) => ({ name: `row ${at}`, paid: at % 2 === 0 }));
    const source = '<table>{{#each rows}}<tr><td>{{name}}</td>{{#if paid}}<td>paid</td>{{/if}}</tr>{{/each}}</table>';
    expect((await html(source, { rows }))?.length).toBeGreaterThan(30_000);
  });

  it('end with values that are deep in one another', async () => {
    let deep: never[] = [];
    for (let at = 0; at < 100_000; at += 1) deep = [deep] as never;
    expect(await html('{{deep}}{{json deep}}', { deep })).toContain('too deep');
  });
});

it('says whether it looked at what is another for each recipient', async () => {
  const definition = templateOf({ html: '{{#if ask}}{{system.recipient}}{{/if}}{{system.tenant}}' });
  const input = { definition, library: [], system: { ...system, recipient: 'ada@x.example' } };
  const { compile } = createCompile();
  expect(await renderTemplate(compile, { ...input, variables: { ask: true } })).toMatchObject({ isPersonal: true });
  expect(await renderTemplate(compile, { ...input, variables: {} })).not.toHaveProperty('isPersonal');
});
