/** The sample page's own style sheet. */
export const DEMO_CSS = `
:root { color-scheme: light dark; --ground: light-dark(#faf9f7, #16181b); --card: light-dark(#fff, #1f2226); --line: light-dark(#ddd8d0, #34393f);
  --text: light-dark(#22252a, #e6e4e0); --quiet: light-dark(#6b6660, #9a978f); --accent: light-dark(#0b6e4f, #5fd3a8); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1.5rem clamp(1rem, 4vw, 3rem); background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.8rem; letter-spacing: -0.02em; }
h2 { margin: 0 0 .25rem; font-size: 1.25rem; }
header p, .note, footer { color: var(--quiet); max-width: 46rem; }
nav { display: flex; flex-wrap: wrap; gap: .4rem 1rem; }
a { color: var(--accent); }
section { margin: 2.5rem 0; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
figure, .workbench { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
figure { display: flex; flex-direction: column; }
.picture, .compare { display: grid; place-items: center; min-height: 11rem;
  background: repeating-conic-gradient(light-dark(#eee, #26292e) 0 25%, light-dark(#fff, #2c3036) 0 50%) 0 0 / 1.2rem 1.2rem; }
.picture img { max-width: 100%; max-height: 15rem; display: block; }
img:not([src]) { visibility: hidden; }
figcaption { display: grid; gap: .3rem; padding: .7rem .8rem; }
.facts { font-size: .85rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.failed { color: light-dark(#a3261b, #ff9d8f); }
code { font: .78rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: .2rem 0 0; }
button { font: inherit; font-size: .8rem; padding: .25rem .7rem; border: 1px solid var(--line); border-radius: .35rem; background: transparent; color: inherit; cursor: pointer; }
button[type=submit] { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #0c2a20); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.workbench { display: grid; grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); }
form { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem; padding: 1rem; align-content: start; border-right: 1px solid var(--line); }
form .buttons { grid-column: 1 / -1; }
label { display: grid; gap: .15rem; font-size: .85rem; align-content: start; }
label small { color: var(--quiet); font-size: .72rem; line-height: 1.25; }
input, select { font: inherit; width: 100%; padding: .25rem .4rem; border: 1px solid var(--line); border-radius: .35rem; background: var(--ground); color: inherit; }
#result { display: grid; gap: .5rem; padding: 1rem; align-content: start; min-width: 0; }
.compare { position: relative; min-height: 16rem; }
.compare img { grid-area: 1 / 1; max-width: 100%; max-height: 30rem; }
#before { width: 100%; height: 100%; object-fit: contain; clip-path: inset(0 100% 0 0); }
#divider { position: absolute; inset: auto 1rem .5rem; width: auto; padding: 0; }
.headers { margin: 0; max-height: 16rem; overflow: auto; font: .75rem/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 48rem) { .workbench { grid-template-columns: minmax(0, 1fr); } form { border-right: 0; border-bottom: 1px solid var(--line); } }
`
