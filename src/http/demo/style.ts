/** The sample page's own style sheet. */
export const DEMO_CSS = `
:root { color-scheme: light dark; --ground: light-dark(#faf9f7, #141619); --card: light-dark(#fff, #1d2024); --line: light-dark(#e0dbd2, #33383e);
  --text: light-dark(#22252a, #e6e4e0); --quiet: light-dark(#68635d, #a09d96); --accent: light-dark(#0b6a4c, #63d6ac); --bad: light-dark(#a3261b, #ff9d8f); }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-behavior: smooth; }
body { margin: 0 auto; max-width: 84rem; padding: 2rem clamp(1rem, 4vw, 3rem); background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; letter-spacing: -.03em; }
h2 { margin: 0 0 .25rem; font-size: 1.3rem; letter-spacing: -.01em; }
header p, .note, footer { color: var(--quiet); max-width: 48rem; margin: .4rem 0 1rem; }
nav { display: flex; flex-wrap: wrap; gap: .5rem; }
nav a { padding: .2rem .7rem; border: 1px solid var(--line); border-radius: 2rem; text-decoration: none; font-size: .9rem; background: var(--card); }
nav a:hover { border-color: var(--accent); }
a { color: var(--accent); }
section { margin: 2.75rem 0; scroll-margin-top: 1rem; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
figure, .workbench { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
figure { display: flex; flex-direction: column; }
.picture, .stage { display: grid; place-items: center; --a: light-dark(#f1f1ef, #22262a); --b: light-dark(#fff, #2a2e33);
  background: repeating-conic-gradient(var(--a) 0 25%, var(--b) 0 50%) 0 0 / 1.2rem 1.2rem; }
.picture { height: 13rem; }
.picture img { max-width: 100%; max-height: 13rem; display: block; }
img:not([src]) { visibility: hidden; }
figcaption { display: flex; flex-direction: column; gap: .4rem; padding: .7rem .8rem .8rem; flex: 1; }
.facts { display: flex; flex-wrap: wrap; gap: .15rem .7rem; font-size: .84rem; font-variant-numeric: tabular-nums; min-height: 1.3rem; }
.good { color: var(--accent); font-weight: 600; }
.bad { color: var(--bad); }
.faint { color: var(--quiet); }
code { font: .76rem/1.45 ui-monospace, monospace; color: var(--quiet); overflow-wrap: anywhere; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: auto 0 0; }
button { font: inherit; font-size: .8rem; padding: .3rem .75rem; border: 1px solid var(--line); border-radius: .35rem; background: transparent; color: inherit; cursor: pointer; }
button:hover { border-color: var(--accent); }
button[type=submit] { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #0c2a20); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.workbench { display: grid; grid-template-columns: minmax(0, 23rem) minmax(0, 1fr); }
form { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem; padding: 1rem; align-content: start; border-right: 1px solid var(--line); }
form .wide, form .buttons { grid-column: 1 / -1; }
label { display: grid; gap: .15rem; font-size: .85rem; align-content: start; }
label small { color: var(--quiet); font-size: .72rem; line-height: 1.3; }
input, select { font: inherit; width: 100%; min-height: 2rem; padding: .25rem .45rem; border: 1px solid var(--line); border-radius: .35rem; background: var(--ground); color: inherit; }
input::placeholder { color: var(--quiet); opacity: .7; }
input[type=range] { padding: 0; border: 0; accent-color: var(--accent); }
#help { margin: 0; min-height: 4.2rem; font-size: .82rem; line-height: 1.4; color: var(--quiet); }
#result { display: flex; flex-direction: column; gap: .6rem; padding: 1rem; min-width: 0; }
.stage { min-height: 16rem; border-radius: .35rem; overflow: hidden; }
.frame { position: relative; display: grid; }
.frame img { max-width: 100%; max-height: 32rem; display: block; }
.frame #before { position: absolute; inset: 0; width: 100%; height: 100%; }
.stale { opacity: .25; }
.split { grid-template-columns: auto 1fr auto; align-items: center; gap: .7rem; color: var(--quiet); }
.headers { margin: 0; max-height: 15rem; overflow: auto; padding: .6rem .7rem; border-radius: .35rem; background: var(--ground); font: .75rem/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 56rem) { .workbench { grid-template-columns: minmax(0, 1fr); } form { order: 2; border: 0; border-top: 1px solid var(--line); } .stage { min-height: 11rem; } }
@media (max-width: 36rem) { .grid { grid-template-columns: 1fr 1fr; gap: .6rem; } .picture { height: 9rem; } .picture img { max-height: 9rem; } figcaption { padding: .5rem .6rem .6rem; } figcaption code { display: none; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`
