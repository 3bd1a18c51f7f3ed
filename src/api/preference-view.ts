/** How the preference centre looks. */

import { weekdays } from '../core/preferences.ts';
import { type Html, html } from './pages/html.ts';
import { type PageOwner, pageReply } from './pages/page.ts';
import type { Words } from './pages/words.ts';
import { type CentreState, fieldNames, isAllMailOff, isMailOff, offeredFrequencies, ownOf } from './preference-form.ts';
import type { Reply } from './reply.ts';

interface PreferencesShown {
  readonly words: Words;
  readonly owner: PageOwner;
  readonly deciding: CentreState;
  readonly who: string;
  /** The subscriber's own. */
  readonly timezone?: string | undefined;
  readonly outcome?: 'saved' | 'wrong';
}

export function preferencePage(input: PreferencesShown): Reply {
  const { words, owner, deciding, who, outcome } = input;
  const { preferences: say } = words;
  const told = outcome === undefined ? undefined : html`<p role="status">${say[outcome]}</p>`;
  const content = html`${told}<p>${say.whose(who, owner.name)}</p>
<form method="post">
${all(input)}
${deciding.choices.categories.map(({ name, types }) => category(input, { name, types }))}
${quietHours(input)}
<button name="action" value="save">${say.save}</button>
</form>`;
  return pageReply({ words, owner, title: say.title, content, status: outcome === 'wrong' ? 400 : 200 });
}

function all({ words, deciding }: PreferencesShown): Html {
  const { preferences: say } = words;
  const { global = {} } = deciding.before;
  const { channels } = deciding.choices;
  const isOn = (channel: string) =>
    channel === 'email' ? !isAllMailOff(deciding) : global.channels?.[channel as 'slack'] !== false;
  return html`<fieldset><legend>${say.all}</legend>
${checkbox(fieldNames.on, say.on, global.enabled !== false)}
<div class="row">${channels.map((one) => checkbox(fieldNames.onBy(one), say.channels[one], isOn(one)))}</div>
</fieldset>`;
}

function category(
  { words, deciding }: PreferencesShown,
  { name, types }: { readonly name: string; readonly types: readonly string[] },
): Html {
  const { preferences: say } = words;
  const { before, choices } = deciding;
  const own = ownOf(before.categories, name);
  const isOn = (channel: (typeof choices.channels)[number]) =>
    channel === 'email' ? !isMailOff(deciding, name) : own.channels?.[channel] !== false;
  const isTypeOn = (type: string) => ownOf(before.types, type).enabled !== false;
  // The only kind of a category is the category.
  const isApart = types.length > 1 || !types.every(isTypeOn);
  const kinds = types.map((type) => {
    const field = fieldNames.type(type);
    return isApart ? checkbox(field, type, isTypeOn(type)) : hidden(field);
  });
  return html`<fieldset><legend>${name}</legend>
<input type="hidden" name="${fieldNames.shown}" value="${name}">
${checkbox(fieldNames.category(name), say.category, own.enabled !== false)}
<div class="row">${choices.channels.map((one) =>
    checkbox(fieldNames.categoryBy(name, one), say.channels[one], isOn(one)),
  )}</div>
${isApart ? html`<p>${say.kinds}</p><div class="row">${kinds}</div>` : kinds}
<label>${say.often} <select name="${fieldNames.frequency(name)}">
${option('', say.asSent, own.frequency ?? '')}
${offeredFrequencies.map((one) => option(one, say.frequencies[one], own.frequency ?? ''))}
</select></label>
</fieldset>`;
}

function quietHours({ words, deciding, timezone = 'UTC' }: PreferencesShown): Html {
  const { preferences: say } = words;
  const { enabled = false, start = '', end = '', timezone: own = '', days } = deciding.before.quietHours ?? {};
  const zones = Intl.supportedValuesOf('timeZone');
  return html`<fieldset><legend>${say.quiet}</legend>
${checkbox(fieldNames.quiet, say.quietOn, enabled)}
<div class="row">
<label>${say.from} <input type="time" name="${fieldNames.start}" value="${start === '' ? '22:00' : start}"></label>
<label>${say.to} <input type="time" name="${fieldNames.end}" value="${end === '' ? '07:00' : end}"></label>
</div>
<label>${say.zone} <select name="${fieldNames.zone}">
${option('', say.ownZone(timezone), own)}
${(own === '' || zones.includes(own) ? zones : [own, ...zones]).map((zone) => option(zone, zone, own))}
</select></label>
<p>${say.days}</p>
<div class="row">${weekdays.map((day) => checkbox(fieldNames.day, say.weekdays[day], days?.includes(day) ?? true, day))}</div>
</fieldset>`;
}

function checkbox(name: string, text: string, isOn: boolean, value = 'on'): Html {
  const checked = isOn ? html` checked` : undefined;
  return html`<label><input type="checkbox" name="${name}" value="${value}"${checked}>${text}</label>`;
}

function hidden(name: string): Html {
  return html`<input type="hidden" name="${name}" value="on">`;
}

function option(value: string, text: string, chosen: string): Html {
  return html`<option value="${value}"${value === chosen ? html` selected` : undefined}>${text}</option>`;
}
