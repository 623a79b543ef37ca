/** The sample page: server-rendered, no inline style or script, so that its policy can be strict. */
import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { ParamField } from '../../request/params.ts'
import { recipesFor, type DemoRecipe } from './recipes.ts'
import type { DemoSample } from './samples.ts'

export interface DemoPage {
  readonly samples: readonly DemoSample[]
  readonly fields: readonly ParamField[]
}

type Html = HtmlEscapedString | Promise<HtmlEscapedString>

export async function demoPage({ samples, fields }: DemoPage): Promise<string> {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Mediamorph: samples</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/demo/_assets/demo.css" />
        <script type="module" src="/demo/_assets/demo.js"></script>
      </head>
      <body>
        <header>
          <h1>Mediamorph</h1>
          <p>
            One original in, any rendition out. This service makes every picture below when it is first asked
            for, from ${samples.length} originals that come with it, and keeps it: load the page again and see
            how long it takes.
          </p>
          <nav aria-label="On this page">
            <a href="#try">Try any parameter</a
            >${samples.map((sample) => html`<a href="#${anchor(sample)}">${sample.title}</a>`)}
          </nav>
          <noscript><p>The numbers below each picture need the page's script.</p></noscript>
        </header>
        <main>${tryIt(samples, fields)} ${samples.map(section)}</main>
        <footer>
          <p>
            These are samples. Point <code>MEDIAMORPH_CONFIG</code> at a configuration to serve pictures of
            your own; this page is then gone.
          </p>
        </footer>
      </body>
    </html>`
  return String(await page)
}

const anchor = ({ file }: DemoSample) => file.replace(/\W+/g, '-')
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`

function section(sample: DemoSample): Html {
  const { file, title, note, width, height, bytes } = sample
  return html`<section id="${anchor(sample)}">
    <h2>${title}</h2>
    <p class="note">
      ${note} <a href="/demo/${file}">The original</a>: ${width} × ${height}, ${kilobytes(bytes)}.
    </p>
    <div class="grid">${recipesFor(file).map((recipe) => card(sample, recipe))}</div>
  </section>`
}

function card({ file, title, bytes }: DemoSample, recipe: DemoRecipe): Html {
  const address = `/demo/${file}?${recipe.query}`
  return html`<figure data-src="${address}" data-original-bytes="${bytes}">
    <div class="picture"><img alt="${title}: ${recipe.title}" /></div>
    <figcaption>
      <strong>${recipe.title}</strong>
      <output class="facts"></output>
      <code class="address">${address}</code>
      ${copyButtons()}
    </figcaption>
  </figure>`
}

function tryIt(samples: readonly DemoSample[], fields: readonly ParamField[]): Html {
  return html`<section id="try">
    <h2>Try any parameter</h2>
    <div class="workbench">
      <form id="form">
        <label class="wide"
          >picture<select name="_file">
            ${samples.map(option)}
          </select></label
        >
        ${fields.map(field)}
        <p class="wide" id="help" aria-live="polite">Every field may stay empty.</p>
        <p class="buttons"><button type="submit">Make it</button><button type="reset">Clear</button></p>
      </form>
      <div id="result" data-src="">
        <div class="stage">
          <div class="frame"><img id="after" alt="The result" /><img id="before" alt="" /></div>
        </div>
        <label class="split" id="compare" hidden
          >result
          <input
            type="range"
            min="0"
            max="100"
            value="0"
            aria-label="Percent of the original shown, from the left"
          />
          original</label
        >
        <output class="facts" aria-live="polite"></output>
        <code class="address"></code>
        ${copyButtons()}
        <pre class="headers" tabindex="0" aria-label="Headers of the answer, and its error"></pre>
      </div>
    </div>
  </section>`
}

function option({ file, title, width, height, bytes }: DemoSample): Html {
  return html`<option value="${file}" data-width="${width}" data-height="${height}" data-bytes="${bytes}">
    ${title} (${file})
  </option>`
}

function copyButtons(): Html {
  return html`<span class="buttons"
    ><button type="button" data-copy="url">Copy address</button
    ><button type="button" data-copy="curl">Copy curl</button></span
  >`
}

function field({ name, control, help, fallback, example }: ParamField): Html {
  return html`<label data-help="${name}: ${help.replaceAll('`', '')}"
    >${name}${input(name, control, example)}<small>default: ${fallback}</small></label
  >`
}

function input(name: string, control: ParamField['control'], example: string): Html {
  if (control.kind === 'number') {
    return html`<input
      type="number"
      name="${name}"
      min="${control.min}"
      max="${control.max}"
      step="${control.step}"
      placeholder="${example}"
      aria-describedby="help"
    />`
  }
  if (control.kind === 'select') {
    return html`<select name="${name}" aria-describedby="help">
      <option value=""></option>
      ${control.options.map((option) => html`<option>${option}</option>`)}
    </select>`
  }
  if (control.kind === 'checkbox')
    return html`<select name="${name}" aria-describedby="help">
      <option value=""></option>
      <option>true</option>
      <option>false</option>
    </select>`
  return html`<input
    type="text"
    name="${name}"
    placeholder="${example}"
    autocomplete="off"
    aria-describedby="help"
    spellcheck="false"
  />`
}

/** What the page may load: itself, and pictures it has fetched. */
export const DEMO_POLICY =
  "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
