/** The templates that come with IEP as mail of a made-up company, with their examples. */

import { builtinFiles } from '../../src/cli/template-files.ts';
import { readTemplateFiles } from '../../src/cli/template-folder.ts';
import { createTemplateEngine } from '../../src/message/render/template-engine.ts';
import { exampleVariables } from '../../src/message/templates/check-variables.ts';

export const looks = [
  { name: 'light', colorScheme: 'light', viewport: { width: 680, height: 400 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 680, height: 400 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 360, height: 640 } },
] as const;

const brand = {
  company: 'Acme Cloud',
  address: '12 Harbour Street, Dublin',
  supportEmail: 'help@example.com',
  footer: 'Acme Cloud keeps your files where your team is.',
  social: { Blog: 'https://example.com/blog', Status: 'https://status.example.com' },
};
const system = {
  now: '2027-03-01T08:30:00Z',
  ...{ tenant: 'default', messageId: '019ab0c2-0000-7000-8000-000000000001', recipient: 'ada@example.org' },
  ...{ unsubscribeUrl: 'https://mail.example.com/u/x', preferencesUrl: 'https://mail.example.com/p/x' },
};

/** HTML by name; `wanted`: names, none for all. */
export async function shippedMail(wanted: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
  const all = readTemplateFiles(builtinFiles());
  const library = all.filter(({ kind }) => kind !== 'template');
  const engine = createTemplateEngine();
  const pages = new Map<string, string>();
  for (const definition of all) {
    const { name, kind } = definition;
    if (kind !== 'template' || (wanted.length > 0 && !wanted.includes(name))) continue;
    const variables = exampleVariables(definition);
    const shown = await engine.preview('', { definition, library, variables, brand, system });
    if (!shown.ok) throw new Error(`${name}: ${shown.reason}`);
    pages.set(name, shown.preview.html);
  }
  return pages;
}
