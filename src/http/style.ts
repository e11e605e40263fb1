/** The style of all pages of ours. It stands in each page, which names its hash in its policy. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f5f1, #14181a);
  --sheet: light-dark(#ffffff, #1c2225);
  --ink: light-dark(#1d2326, #e6e9e8);
  --soft: light-dark(#5a656a, #9aa6aa);
  --line: light-dark(#dfddd4, #2f383c);
  --code: light-dark(#f1f0ea, #111517);
  --door: light-dark(#1f6f5c, #6cc7ae);
  --on-door: light-dark(#ffffff, #0d1b17);
  --good: light-dark(#e4f3ec, #17302a);
  --bad: light-dark(#a3262a, #ff9c94);
  --bad-ground: light-dark(#fbeaea, #381c1d);
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: break-word }
header, main { width: 100%; max-width: 52rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2rem) }
.narrow header, .narrow main { max-width: 29rem }
header { padding-block: 1.5rem 1rem }
.narrow header { padding-top: clamp(1.5rem, 10vh, 5rem) }
header a { display: inline-flex; align-items: center; gap: .6rem; color: inherit; font-weight: 650; letter-spacing: .01em; text-decoration: none }
.mark rect { fill: var(--door) }
.mark path { fill: none; stroke: var(--on-door); stroke-width: 2.6 }
.mark circle { fill: var(--on-door) }
main { padding-bottom: 4rem }
h1 { margin: .25rem 0 .75rem; font-size: clamp(1.5rem, 5vw, 2rem); line-height: 1.2; letter-spacing: -.015em; text-wrap: balance }
.narrow h1 { font-size: 1.5rem }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; line-height: 1.3 }
h3 { margin: 0 0 .25rem; font-size: 1.05rem; line-height: 1.35 }
p, ul, dl, pre { margin: 0 0 .85rem }
a { color: var(--door); text-underline-offset: .15em }
a:focus-visible, button:focus-visible, input:focus-visible, pre:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--door); outline-offset: 2px }
.soft { color: var(--soft) }
small, .small { font-size: .875rem }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875rem }
code { padding: .1em .3em; border-radius: 4px; background: var(--code) }
pre { padding: .7rem .85rem; border: 1px solid var(--line); border-radius: 8px; background: var(--code); white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; -webkit-user-select: all; user-select: all }
pre code { padding: 0; background: none; font-size: inherit }
.sheet { padding: clamp(1.1rem, 4vw, 1.6rem); border: 1px solid var(--line); border-radius: 14px; background: var(--sheet); box-shadow: 0 1px 2px rgb(0 0 0 / 5%) }
.sheet + .sheet { margin-top: 1rem }
.sheet > :last-child { margin-bottom: 0 }
.tag { display: inline-block; margin: 0 .35rem .5rem 0; padding: .05rem .55rem; border: 1px solid var(--line); border-radius: 99px; color: var(--soft); font-size: .8rem }
.label { margin: 0 0 .25rem; color: var(--soft); font-size: .8rem; font-weight: 600 }
nav ul, ul.plain { padding: 0; list-style: none }
nav.toc ul { columns: 15rem; column-gap: 2rem }
nav.toc li { break-inside: avoid; padding-block: .2rem }
dl.list { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .35rem 1.25rem }
dl.list dt { color: var(--soft) }
dl.list dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
.links { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); padding: 0; list-style: none }
.links a { display: block; height: 100%; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: 12px; background: var(--sheet); text-decoration: none }
.links a:hover { border-color: var(--door) }
.links strong { display: block }
.links span { color: var(--soft); font-size: .9rem }
form { display: grid; gap: 1rem; margin: 0 }
label { display: block; margin-bottom: .3rem; font-weight: 600 }
label small { color: var(--soft); font-weight: 400 }
input:not([type=checkbox]) { width: 100%; min-height: 2.75rem; padding: .55rem .75rem; border: 1px solid light-dark(#8b9599, #66757b); border-radius: 8px; background: light-dark(#fff, #111517); color: inherit; font: inherit }
input[aria-invalid=true] { border-color: var(--bad) }
.check { display: flex; align-items: center; gap: .5rem; margin: .5rem 0 0; color: var(--soft); font-size: .9rem; font-weight: 400 }
.check input { width: 1.1rem; height: 1.1rem; accent-color: var(--door) }
.hint { margin: .3rem 0 0; color: var(--soft); font-size: .875rem }
button { width: 100%; min-height: 2.9rem; padding: .6rem 1.1rem; border: 0; border-radius: 10px; background: var(--door); color: var(--on-door); font: inherit; font-weight: 650; cursor: pointer }
button:hover { filter: brightness(1.08) }
button:disabled { opacity: .6; cursor: progress }
.message { margin: 0 0 1rem; padding: .8rem 1rem; border-radius: 10px }
.message:focus { outline: none }
.message h2 { margin: 0 0 .2rem; font-size: 1rem }
.message p:last-child, .message ul:last-child { margin-bottom: 0 }
.message ul { padding-left: 1.1rem }
.good { background: var(--good) }
.bad { background: var(--bad-ground) }
.bad h2 { color: var(--bad) }
[hidden] { display: none !important }
@media (max-width: 34rem) { dl.list { grid-template-columns: 1fr; gap: 0 } dl.list dd { margin-bottom: .6rem } }
@media print { pre, .sheet { box-shadow: none; break-inside: avoid } }
`
