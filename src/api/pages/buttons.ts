/** The buttons of a page: each is a form that posts to the address of the page. */

import { type Html, html } from './html.ts';

/** By action, what each says; the first is what most people want. */
export function buttons(actions: Readonly<Record<string, string>>): Html {
  const all = Object.entries(actions).map(
    ([action, text], at) =>
      html`<button name="action" value="${action}"${at === 0 ? undefined : html` class="second"`}>${text}</button>`,
  );
  return html`<form method="post">${all}</form>`;
}
