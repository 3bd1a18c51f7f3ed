/** MIME types as they are compared: without parameters, in lower case, under the one name of several. */

const ALIASES: Readonly<Record<string, string>> = {
  'application/csv': 'text/csv',
  'application/ics': 'text/calendar',
  'application/x-gzip': 'application/gzip',
  'application/x-pdf': 'application/pdf',
  'application/x-rtf': 'application/rtf',
  'application/x-zip-compressed': 'application/zip',
  'image/apng': 'image/png',
  'image/heic-sequence': 'image/heic',
  'image/heif-sequence': 'image/heif',
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/vnd.microsoft.icon': 'image/x-icon',
  'image/x-ms-bmp': 'image/bmp',
  'image/x-png': 'image/png',
  'text/rtf': 'application/rtf',
  'text/xml': 'application/xml',
};

export function mediaType(contentType: string): string {
  const bare = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return ALIASES[bare] ?? bare;
}

/** `patterns`: types, or `image/*`. */
export function isAllowedType(contentType: string, patterns: readonly string[]): boolean {
  const type = mediaType(contentType);
  const [family = ''] = type.split('/', 1);
  return patterns.some((pattern) =>
    pattern.endsWith('/*') ? pattern.slice(0, -2).toLowerCase() === family : mediaType(pattern) === type,
  );
}

/** Types of text, which begins with nothing in particular. */
export function isTextType(type: string): boolean {
  return /^(text|message)\/|\+(xml|json)$/.test(type) || TEXTS.has(type);
}

const TEXTS = new Set(
  ['json', 'ld+json', 'ndjson', 'sql', 'toml', 'x-ndjson', 'x-yaml', 'xml', 'yaml'].map(
    (name) => `application/${name}`,
  ),
);
