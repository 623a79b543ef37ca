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
            One original in, any rendition out. Everything on this page was made by the service that serves
            it, from ${samples.length} pictures that come with it.
          </p>
          <nav aria-label="On this page">
            <a href="#try">Try any parameter</a
            >${samples.map((sample) => html`<a href="#${anchor(sample)}">${sample.title}</a>`)}
          </nav>
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
      <output class="facts">waiting</output>
      <code class="address">${address}</code>
      <span class="buttons"
        ><button type="button" data-copy="url">Copy address</button
        ><button type="button" data-copy="curl">Copy curl</button></span
      >
    </figcaption>
  </figure>`
}

function tryIt(samples: readonly DemoSample[], fields: readonly ParamField[]): Html {
  return html`<section id="try">
    <h2>Try any parameter</h2>
    <div class="workbench">
      <form id="form">
        <label
          >picture<select name="_file">
            ${samples.map(({ file, title }) => html`<option value="${file}">${title}</option>`)}
          </select></label
        >
        ${fields.map(field)}
        <p class="buttons"><button type="submit">Make it</button><button type="reset">Clear</button></p>
      </form>
      <div id="result" aria-live="polite">
        <div class="compare">
          <img id="after" alt="The result" />
          <img id="before" alt="" />
          <input
            id="divider"
            type="range"
            min="0"
            max="100"
            value="0"
            aria-label="Show the original from the left, in percent"
          />
        </div>
        <output class="facts">choose parameters</output>
        <code class="address"></code>
        <pre class="headers" tabindex="0" aria-label="Answer headers or error"></pre>
      </div>
    </div>
  </section>`
}

function field({ name, control, help, fallback, example }: ParamField): Html {
  return html`<label title="${help}"
    >${name}${input(name, control, example)}<small>${fallback}</small></label
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
    />`
  }
  if (control.kind === 'select') {
    return html`<select name="${name}">
      <option value=""></option>
      ${control.options.map((option) => html`<option>${option}</option>`)}
    </select>`
  }
  if (control.kind === 'checkbox')
    return html`<select name="${name}">
      <option value=""></option>
      <option>true</option>
      <option>false</option>
    </select>`
  return html`<input
    type="text"
    name="${name}"
    placeholder="${example}"
    autocomplete="off"
    spellcheck="false"
  />`
}

/** What the page may load: itself, and pictures it has fetched. */
export const DEMO_POLICY =
  "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
