import { describe, expect, it } from 'vitest';
import { type CssRules, cleanSheet, cleanStyle } from './clean-css.ts';

const nothing: CssRules = { urlOf: () => undefined, scheme: 'light' };
const asked: CssRules = { urlOf: (url) => (url.startsWith('https:') ? `/p?${url.length}` : undefined), scheme: 'dark' };

describe('a style', () => {
  it.each([
    ['color:red;margin:0 auto', 'color:red;margin:0 auto'],
    ['COLOR : Red', 'COLOR:Red'],
    ['background:url(https://x.example/a.png)', ''],
    ['background:u\\72l(https://x.example/a.png)', ''],
    ['background:\\75\\72\\6C("https://x.example/a.png")', ''],
    ['background:URL( "https://x.example/a.png" ) red;color:red', 'color:red'],
    ['background:image-set("https://x.example/a.png" 1x)', ''],
    ['background:image("https://x.example/a.png")', ''],
    ['background:-webkit-image-set(url(https://x.example/a.png) 1x)', ''],
    ['background:cross-fade(url(https://x.example/a.png),red)', ''],
    ['content:attr(title)', ''],
    ['--a:url(https://x.example/a.png);color:var(--a)', 'color:var(--a)'],
    ['width:expression(alert(1))', ''],
    ['width:e\\78pression(alert(1))', ''],
    ['width:exp/**/ression(alert(1))', ''],
    ['behavior:url(#x);color:red', 'color:red'],
    ['beh\\61vior:url(#x)', ''],
    ['-moz-binding:url(https://x.example/a.xml#b)', ''],
    ['position:fixed;top:0', 'top:0'],
    ['p\\6fsition:absolute', ''],
    ['color:red}body{background:blue', ''],
    ['color:red;{};position:fixed', 'color:red'],
    ['font-family:"</style><script>"', 'font-family:"\\3C /style>\\3C script>"'],
    ['cursor:url(https://x.example/c.cur),auto', ''],
    ['color:red/* </style> */', 'color:red'],
  ])('%s', (given, left) => {
    expect(cleanStyle(given, nothing)).toBe(left);
  });

  it('has its pictures where there is something to stand in their place', () => {
    expect(cleanStyle('background:red url("https://x.example/a.png")', asked)).toBe('background:red url(/p?23)');
    expect(cleanStyle('background:url(javascript:alert(1))', asked)).toBe('');
  });
});

describe('a style sheet', () => {
  it.each([
    ['p{color:red}', 'p{color:red}'],
    ['@import "https://x.example/a.css";p{color:red}', 'p{color:red}'],
    ['@\\69mport url(https://x.example/a.css);', ''],
    ['@font-face{font-family:a;src:url(https://x.example/a)}', ''],
    ['@namespace url(https://x.example/);p{color:red}', 'p{color:red}'],
    ['@media (max-width:600px){p{color:red}}', '@media (max-width:600px){p{color:red}}'],
    ['@media (max-width:600px){@import "x";p{background:url(//x.example)}}', '@media (max-width:600px){p{}}'],
    ['@supports (display:grid){p{color:red}}', ''],
    ['input[value^="a"]{background:url(https://x.example/?a)}', 'input[value^="a"]{}'],
    ['<!-- p{color:red} -->', 'p{color:red}'],
    ['p{color:red', 'p{color:red}'],
    ['p{color:red}</style><script>alert(1)</script>', 'p{color:red}'],
    ['/*! </style> */p{color:red}', 'p{color:red}'],
    ['@media (prefers-color-scheme:dark){p{color:red}}', '@media (max-width:-1px){p{color:red}}'],
  ])('%s', (given, left) => {
    expect(cleanSheet(given, nothing)).toBe(left);
  });

  it('is asked for a dark screen where that is to be seen', () => {
    expect(cleanSheet('@media (prefers-color-scheme:dark){p{color:red}}', asked)).toBe(
      '@media (min-width:0px){p{color:red}}',
    );
  });

  it.each([
    ['brackets', '('.repeat(300_000)],
    ['blocks', 'a{'.repeat(100_000)],
    ['functions', `a{b:${'calc('.repeat(100_000)}}`],
    ['at-rules', '@media (a){'.repeat(50_000)],
    ['comments', '/*'.repeat(300_000)],
    ['strings', '"\n'.repeat(300_000)],
    ['mistakes', '{{a}}'.repeat(200_000)],
  ])('of nested %s takes no longer than it is long', (_what, css) => {
    const before = process.threadCpuUsage();
    expect(cleanSheet(css, nothing)).not.toContain('<');
    expect(process.threadCpuUsage(before).user).toBeLessThan(3_000_000);
  });
});
