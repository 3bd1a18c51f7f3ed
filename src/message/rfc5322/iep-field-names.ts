/** The names of the `X-IEP-…` fields. */

const FIELD_OF_PATH: Readonly<Record<string, string>> = {
  'metadata.category': 'X-IEP-Category',
  'metadata.tags': 'X-IEP-Tag',
  groupId: 'X-IEP-Group',
  idempotencyKey: 'X-IEP-Idempotency-Key',
  scheduledAt: 'X-IEP-Scheduled-At',
  tracking: 'X-IEP-Track',
  template: 'X-IEP-Template',
  templateVersion: 'X-IEP-Template-Version',
  locale: 'X-IEP-Locale',
  variables: 'X-IEP-Variables',
  'unsubscribe.category': 'X-IEP-Unsubscribe',
};

/** What a caller of a whole message knows a field of the HTTP call by. */
export function iepFieldOf(path: string): string {
  return FIELD_OF_PATH[path.replace(/\.\d+$/, '')] ?? path;
}
