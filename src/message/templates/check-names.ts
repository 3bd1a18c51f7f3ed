/** What a template of each kind must and must not have. */

import { TEMPLATE_NAME, type TemplateDefinition, type TemplateFault } from '../../core/template.ts';

export function invalidName(definition: TemplateDefinition): readonly TemplateFault[] {
  const { name, kind, subject, html, text, locales } = definition;
  const faults: TemplateFault[] = [];
  if (!TEMPLATE_NAME.test(name)) {
    faults.push({
      path: 'name',
      message: 'is not a name of a-z, 0-9, dots, lines and underscores, such as "user-invitation"',
    });
  }
  if (html === undefined && text === undefined)
    faults.push({ path: 'html', message: `a ${kind} has html or text, this has neither` });
  const subjects = [
    { path: 'subject', subject },
    ...Object.entries(locales).map(([locale, one]) => ({ path: `locales.${locale}.subject`, ...one })),
  ];
  for (const one of kind === 'template' ? [] : subjects) {
    if (one.subject !== undefined) faults.push({ path: one.path, message: `a ${kind} has no subject` });
  }
  if (kind === 'template' && subject === undefined)
    faults.push({ path: 'subject', message: 'a template has a subject' });
  if (kind === 'partial' && definition.layout !== undefined)
    faults.push({ path: 'layout', message: 'a partial has no layout' });
  return faults;
}
