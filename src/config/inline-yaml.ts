/** A value as YAML on one line, as the configuration has providers. */

import { stringify } from 'yaml';

export function inlineYaml(value: object): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
}
