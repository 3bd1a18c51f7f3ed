/**
 * What mail clients do not show: each row with the clients that lack it, where that is known from, and a sample that has it. From
 * caniemail.com (MIT licence, Rémi Parmentier and contributors), as of 2026-06-29, the latest result of each client; a client that
 * shows a feature in part is left out.
 */

export interface SupportFact {
  /** What is found in a mail: `element:video`, `property:gap`, `value:display:flex`, `at:import`, `function:…`, `unit:…`, `attribute:…`. */
  readonly found: string;
  /** In words. */
  readonly feature: string;
  readonly missingIn: readonly string[];
  /** The page at https://www.caniemail.com/features/. */
  readonly source: string;
  readonly testedOn: string;
  readonly sample: string;
}

const WORD = 'Outlook for Windows';
const OUTLOOK = [WORD, 'Outlook.com', 'Outlook for macOS, iOS and Android'];

export const clientSupport: readonly SupportFact[] = [
  {
    ...{ found: 'value:display:flex', feature: 'display: flex', missingIn: [WORD] },
    ...{ source: 'css-display-flex', testedOn: '2021-11-02', sample: '<p style="display:flex">x</p>' },
  },
  {
    ...{ found: 'value:display:grid', feature: 'display: grid', missingIn: [WORD] },
    ...{ source: 'css-display-grid', testedOn: '2019-02-28', sample: '<p style="display:grid">x</p>' },
  },
  {
    ...{ found: 'property:position', feature: 'position', missingIn: ['Gmail', WORD, 'Outlook for iOS'] },
    ...{ source: 'css-position', testedOn: '2021-05-16', sample: '<p style="position:absolute">x</p>' },
  },
  {
    ...{ found: 'property:border-radius', feature: 'border-radius', missingIn: [WORD] },
    ...{ source: 'css-border-radius', testedOn: '2021-03-09', sample: '<p style="border-radius:4px">x</p>' },
  },
  {
    ...{ found: 'property:background-image', feature: 'background-image', missingIn: [WORD] },
    ...{ source: 'css-background-image', testedOn: '2023-07-24', sample: '<p style="background-image:none">x</p>' },
  },
  {
    ...{ found: 'property:background-size', feature: 'background-size', missingIn: [WORD] },
    ...{ source: 'css-background-size', testedOn: '2019-02-28', sample: '<p style="background-size:cover">x</p>' },
  },
  {
    ...{ found: 'property:box-shadow', feature: 'box-shadow', missingIn: ['Gmail on the web', WORD, 'Yahoo Mail'] },
    ...{ source: 'css-box-shadow', testedOn: '2023-12-20', sample: '<p style="box-shadow:0 0 1px red">x</p>' },
  },
  {
    ...{ found: 'property:opacity', feature: 'opacity', missingIn: [WORD] },
    ...{ source: 'css-opacity', testedOn: '2019-02-28', sample: '<p style="opacity:.5">x</p>' },
  },
  {
    ...{ found: 'property:object-fit', feature: 'object-fit', missingIn: [WORD, 'Yahoo Mail'] },
    ...{ source: 'css-object-fit', testedOn: '2021-07-15', sample: '<img style="object-fit:cover" alt="">' },
  },
  {
    ...{ found: 'property:gap', feature: 'gap', missingIn: [WORD, 'Yahoo Mail'] },
    ...{ source: 'css-gap', testedOn: '2022-12-28', sample: '<p style="gap:1px">x</p>' },
  },
  {
    ...{ found: 'property:float', feature: 'float', missingIn: [WORD] },
    ...{ source: 'css-float', testedOn: '2024-05-08', sample: '<p style="float:left">x</p>' },
  },
  {
    ...{ found: 'property:transform', feature: 'transform', missingIn: ['Gmail', ...OUTLOOK, 'Yahoo Mail'] },
    ...{ source: 'css-transform', testedOn: '2019-02-28', sample: '<p style="transform:scale(2)">x</p>' },
  },
  {
    ...{
      found: 'property:animation',
      feature: 'animation',
      missingIn: ['Gmail', ...OUTLOOK, 'Yahoo Mail', 'Thunderbird'],
    },
    ...{ source: 'css-animation', testedOn: '2026-04-07', sample: '<p style="animation:a 1s">x</p>' },
  },
  {
    ...{ found: 'function:var', feature: 'custom properties (var)', missingIn: ['Gmail', ...OUTLOOK, 'Yahoo Mail'] },
    ...{ source: 'css-variables', testedOn: '2020-02-25', sample: '<p style="color:var(--a)">x</p>' },
  },
  {
    ...{ found: 'function:linear-gradient', feature: 'linear-gradient()', missingIn: [...OUTLOOK, 'Yahoo Mail'] },
    ...{ source: 'css-linear-gradient', testedOn: '2021-12-29' },
    sample: '<p style="background:linear-gradient(red,blue)">x</p>',
  },
  {
    ...{ found: 'unit:rem', feature: 'the unit rem', missingIn: [WORD, 'Yahoo Mail'] },
    ...{ source: 'css-unit-rem', testedOn: '2020-02-25', sample: '<p style="margin:1rem">x</p>' },
  },
  {
    ...{ found: 'at:media', feature: '@media', missingIn: [WORD, 'Gmail on the mobile web', 'Thunderbird'] },
    ...{ source: 'css-at-media', testedOn: '2023-12-13' },
    sample: '<style>@media (max-width:600px){p{color:red}}</style>',
  },
  {
    ...{ found: 'media:prefers-color-scheme', feature: 'prefers-color-scheme' },
    missingIn: ['Gmail', WORD, 'Yahoo Mail', 'Thunderbird'],
    ...{ source: 'css-at-media-prefers-color-scheme', testedOn: '2023-03-08' },
    sample: '<style>@media (prefers-color-scheme:dark){p{color:red}}</style>',
  },
  {
    ...{
      found: 'at:font-face',
      feature: '@font-face',
      missingIn: ['Gmail', 'Outlook.com', 'Outlook for macOS', 'Yahoo Mail'],
    },
    ...{ source: 'css-at-font-face', testedOn: '2023-12-19' },
    sample: '<style>@font-face{font-family:a;src:url(https://example.com/a.woff2)}</style>',
  },
  {
    ...{ found: 'at:import', feature: '@import' },
    missingIn: ['Gmail', 'Outlook.com', 'Outlook for macOS', 'Yahoo Mail', 'Samsung Email', 'Thunderbird'],
    ...{
      source: 'css-at-import',
      testedOn: '2019-02-28',
      sample: '<style>@import url(https://example.com/a.css);</style>',
    },
  },
  {
    ...{ found: 'element:link', feature: '<link>' },
    missingIn: ['Gmail', 'Outlook.com', 'Outlook for macOS', 'Yahoo Mail', 'Samsung Email', 'Thunderbird'],
    ...{ source: 'html-link', testedOn: '2023-12-21' },
    sample: '<link rel="stylesheet" href="https://example.com/a.css">',
  },
  {
    ...{ found: 'element:video', feature: '<video>', missingIn: ['Gmail', ...OUTLOOK, 'Yahoo Mail'] },
    ...{ source: 'html-video', testedOn: '2019-09-16', sample: '<video src="https://example.com/a.mp4"></video>' },
  },
  {
    ...{ found: 'element:form', feature: '<form>', missingIn: [WORD] },
    ...{ source: 'html-form', testedOn: '2019-09-10', sample: '<form action="https://example.com/"></form>' },
  },
  {
    ...{ found: 'element:svg', feature: 'embedded <svg>', missingIn: ['Gmail', ...OUTLOOK, 'Yahoo Mail'] },
    ...{ source: 'html-svg', testedOn: '2020-02-06', sample: '<svg viewBox="0 0 1 1"></svg>' },
  },
  {
    ...{ found: 'element:picture', feature: '<picture>', missingIn: ['Gmail', ...OUTLOOK, 'Yahoo Mail'] },
    ...{ source: 'html-picture', testedOn: '2024-04-15', sample: '<picture><img src="cid:a" alt=""></picture>' },
  },
  {
    ...{ found: 'attribute:srcset', feature: 'srcset', missingIn: ['Gmail', ...OUTLOOK, 'Yahoo Mail'] },
    ...{ source: 'html-srcset', testedOn: '2019-05-29', sample: '<img srcset="https://example.com/a.png 2x" alt="">' },
  },
];
