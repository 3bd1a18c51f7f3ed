/** How the pages look that recipients open: the colours of the tenant, where they can be read. Pure. */

import type { Branding } from '../../core/template.ts';

const INK = '#16181d';
const PAPER = '#ffffff';
const ACCENT = '#0b5394';
/** WCAG 2.2, 1.4.3. */
const READABLE = 4.5;

/** The style sheet of a page. Nothing of the branding but checked colours stands in it. */
export function styleOf({ colors = {} }: Branding): string {
  const given = { paper: colors.background ?? PAPER, ink: colors.text ?? INK };
  const { paper, ink } = contrast(given.paper, given.ink) >= READABLE ? given : { paper: PAPER, ink: INK };
  const accent = colors.primary ?? ACCENT;
  const onAccent = contrast(accent, PAPER) >= contrast(accent, '#000000') ? PAPER : '#000000';
  return sheet({ paper, ink, accent, onAccent });
}

/** A ratio from 1 to 21; the order does not matter. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const digits = color.length === 4 ? [...color.slice(1)].map((digit) => digit + digit) : color.slice(1).match(/../g);
  const [red = 0, green = 0, blue = 0] = (digits ?? []).map((pair) => {
    const part = Number.parseInt(pair, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const sheet = ({ paper, ink, accent, onAccent }: Readonly<Record<'paper' | 'ink' | 'accent' | 'onAccent', string>>) => `
*{box-sizing:border-box}
body{margin:0;background:${paper};color:${ink};font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:38rem;margin:0 auto;padding:1.5rem 1rem}
header{font-weight:600;padding-bottom:0}
header img{max-width:12rem;max-height:4rem;display:block}
footer{font-size:.875rem;white-space:pre-line}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.125rem;margin:2rem 0 .5rem}
p{margin:0 0 1rem}
a{color:inherit}
form{margin:0 0 1rem}
fieldset{min-width:0;border:1px solid;border-radius:6px;margin:0 0 1rem;padding:.75rem 1rem}
legend{max-width:100%;font-weight:600;padding:0 .25rem}
label{display:block;padding:.375rem 0}
.row{display:flex;flex-wrap:wrap;gap:0 1.5rem}
select{width:100%}
select,input[type=time]{font:inherit;color:${ink};background:${paper};border:1px solid;border-radius:6px;min-height:2.75rem;max-width:100%;padding:0 .5rem}
input[type=checkbox]{width:1.25rem;height:1.25rem;margin:0 .5rem 0 0;vertical-align:-.25rem}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;margin:0 .5rem .75rem 0;border-radius:6px;border:2px solid ${accent};background:${accent};color:${onAccent};cursor:pointer}
button.second{border-color:currentColor;background:none;color:inherit}
:focus-visible{outline:3px solid currentColor;outline-offset:2px}
[role=status]{border-left:4px solid ${accent};padding:.5rem 1rem;margin:0 0 1rem}
`;
