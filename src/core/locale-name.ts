/** A language, with a script and a region where they matter (BCP 47): `de`, `fr-CA`, `zh-Hant-TW`. */
export const LOCALE_NAME = /^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8}){0,3}$/;
