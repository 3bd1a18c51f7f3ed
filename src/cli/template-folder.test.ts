import { describe, expect, it } from 'vitest';
import type { TemplateDefinition } from '../core/template.ts';
import { readTemplateFiles, type TemplateFile, templateFiles } from './template-folder.ts';

const welcome: TemplateDefinition = {
  ...{ name: 'welcome', kind: 'template', syntax: 'handlebars', category: 'account', layout: 'branded' },
  ...{ subject: 'Hello {{Name}}', html: '<p>{{Name}}</p>\n', text: 'Hello {{Name}}' },
  variables: [{ name: 'Name', type: 'string', required: true, example: 'Jo' }],
  locales: { de: { subject: 'Hallo {{Name}}', html: '<p>{{Name}}!</p>' } },
};
const files: readonly TemplateFile[] = [
  [
    'welcome/template.yaml',
    'category: account\nlayout: branded\nvariables:\n  - name: Name\n    type: string\n    required: true\n    example: Jo\n',
  ],
  ['welcome/subject.hbs', 'Hello {{Name}}\n'],
  ['welcome/html.hbs', '<p>{{Name}}</p>\n'],
  ['welcome/text.hbs', 'Hello {{Name}}'],
  ['welcome/de/subject.hbs', 'Hallo {{Name}}\n'],
  ['welcome/de/html.hbs', '<p>{{Name}}!</p>'],
];
const faultsOf = (...some: readonly TemplateFile[]) => {
  try {
    readTemplateFiles(some);
  } catch (error) {
    return (error as { errors?: readonly { path: string; message: string }[] }).errors;
  }
  throw new Error('They were read');
};

describe('a folder of templates', () => {
  it('is read with the languages of each, whatever else lies in it', () => {
    expect(readTemplateFiles([...files, ['README.md', 'x'], ['welcome/notes.txt', 'x']])).toEqual([welcome]);
  });

  it('is written as it is read', () => {
    expect(templateFiles(welcome).toSorted()).toEqual(files.toSorted());
    const go: TemplateDefinition = {
      ...{ name: 'go', kind: 'partial', syntax: 'go', html: '{{.A}}', preheader: 'p', variables: [], locales: {} },
    };
    const mjml: TemplateDefinition = { ...welcome, name: 'big', mjml: true, html: '<mjml></mjml>' };
    const written = [...templateFiles(go), ...templateFiles(mjml)];
    expect(written.map(([path]) => path)).toEqual(
      expect.arrayContaining(['go/html.gotmpl', 'big/html.mjml', 'big/de/html.mjml']),
    );
    expect(readTemplateFiles(written)).toEqual([mjml, go]);
  });

  it('has what others are made with before them', () => {
    const file = (name: string, text: string): TemplateFile => [`${name}/html.hbs`, text];
    const layout: TemplateFile = ['a/template.yaml', 'layout: z'];
    const read = readTemplateFiles([layout, file('a', ''), file('z', '{{> m}}'), file('m', ''), file('b', '{{> b}}')]);
    expect(read.map(({ name }) => name)).toEqual(['m', 'z', 'a', 'b']);
  });

  it('is refused with the file that is wrong', () => {
    expect(faultsOf(['a/template.yaml', 'a: ['])).toMatchObject([{ path: 'a/template.yaml' }]);
    expect(faultsOf(['a/template.yaml', 'variables: [{name: "1"}]'])).toMatchObject([{ path: 'a: variables.0.name' }]);
    expect(faultsOf(['a/template.yaml', '- x'])).toMatchObject([{ path: 'a/template.yaml' }]);
    expect(faultsOf(['A b/html.hbs', ''])).toMatchObject([{ path: 'A b: name' }]);
    expect(faultsOf(['a/html.hbs', ''], ['a/text.gotmpl', ''])).toMatchObject([{ path: 'a' }]);
    expect(faultsOf(['__proto__/html.hbs', ''])).toMatchObject([{ path: '__proto__: name' }]);
  });
});
