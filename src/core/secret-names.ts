/** What a secret looks like where it must not be shown: by the name of its field, and by its own form. */

/** Compared in lower case, without what joins words: `x-api-key`, `apiKey` and `api_key` are one. */
const SECRET_NAME =
  /pass(word|phrase|wd)?$|secret$|token$|credentials?$|authorization$|cookie$|(api|private|master|secret|access|signing|idempotency)key$|^key$|^dsn$|^totp$/;

/** The forms of our own keys and secrets, of PEM keys, of what `Authorization` holds, and of what lets in by a URL. What stays tells which it was. */
const FORMS: readonly (readonly [form: RegExp, shown: string])[] = [
  [/\b(iep_[0-9A-Za-z]{8})_[0-9A-Za-z]+/g, '$1_***'],
  [/\b(iep_(?:link|session))_[0-9A-Za-z]+/g, '$1_***'],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, 'whsec_***'],
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g, '-----BEGIN $1-----***'],
  [/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, '$1 ***'],
  [/\b(AUTH\s+(?:PLAIN|LOGIN|XOAUTH2))\s+[A-Za-z0-9+/=]+/gi, '$1 ***'],
  // Begins at the slashes: a scheme before them would be looked for at every letter, to the end of the text each time. A text
  // that was cut may end within the password.
  [/(:\/\/[^\s/:@]*):[^\s/@]+(@|…$)/g, '$1:***$2'],
  [/([?&][\w.-]{0,40}(?:token|secret|key|signature|sig|password|credential)=)[^&#\s"'<>]+/gi, '$1***'],
  // The fields of a request to an OAuth2 token endpoint (RFC 6749, RFC 7521), as an answer may say them back.
  [/(?<!\w)((?:client_secret|(?:client_)?assertion|(?:refresh|access)_token|password)=)[^&\s]+/gi, '$1***'],
  // A JSON Web Token (RFC 7519): its header is an object, and so is its claims.
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)?/g, 'eyJ***'],
];
/** One look that most texts pass: each form has one of these in it. */
const MAY_BE_ONE = /iep_|whsec_|-----|bearer|basic|auth|:\/\/|eyJ|secret=|assertion=|token=|password=/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}

/** The text without what has the form of a secret. */
export function withoutSecrets(text: string): string {
  if (!MAY_BE_ONE.test(text)) return text;
  return FORMS.reduce((left, [form, shown]) => left.replace(form, shown), text);
}
