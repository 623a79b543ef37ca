/** The sample page's own script: fetches each picture, so that it can say what it cost. */
export const DEMO_JS = `
/** What a browser says of an <img>: fetch alone would say nothing, and auto would mean the original's format. */
const ACCEPT = 'image/avif,image/webp,image/png,image/jpeg,*/*;q=0.8'
const kB = (bytes) => (bytes / 1000).toFixed(bytes < 100000 ? 1 : 0) + ' kB'
const ms = (value) => (value < 10 ? value.toFixed(1) : Math.round(value)) + ' ms'

async function make(address, signal) {
  const begun = performance.now()
  const response = await fetch(address, { signal, headers: { accept: ACCEPT } })
  const body = await response.blob()
  return { address, response, body, seen: performance.now() - begun, error: response.ok ? undefined : await errorOf(response, body) }
}

async function errorOf({ status, statusText }, body) {
  const text = await body.text()
  try {
    return JSON.parse(text).error
  } catch {
    return { code: String(status), message: text.slice(0, 200) || statusText }
  }
}

/** Small words, each with its meaning as a tooltip. Text only: nothing of an answer becomes markup. */
function tell(out, words) {
  out.replaceChildren(...words.filter(([word]) => word).map(([word, title, kind]) => {
    const item = document.createElement('span')
    item.textContent = word
    item.title = title
    if (kind) item.className = kind
    return item
  }))
}

function facts({ response: { headers: h }, body, seen }, img, originalBytes) {
  const saved = Math.floor(100 * (1 - body.size / originalBytes))
  const cache = h.get('x-cache') ?? ''
  const took = Number(h.get('x-processing-time-ms') ?? Number.NaN)
  return [
    [(h.get('x-resolved-width') ?? img.naturalWidth) + ' × ' + (h.get('x-resolved-height') ?? img.naturalHeight), 'Pixels of the result'],
    [(h.get('content-type') ?? '').replace('image/', ''), 'Format'],
    [kB(body.size), 'Bytes of the result'],
    [saved >= 0 ? saved + ' % saved' : -saved + ' % more', 'Against the original of ' + kB(originalBytes), saved >= 0 ? 'good' : ''],
    [Number.isNaN(took) ? '' : ms(took), 'X-Processing-Time-Ms: time inside the service'],
    [ms(seen), 'Until the last byte reached this page', 'faint'],
    [cache, 'X-Cache', cache === 'HIT' ? 'good' : ''],
  ]
}

async function show(img, body) {
  if (img.src) URL.revokeObjectURL(img.src)
  img.src = URL.createObjectURL(body)
  await img.decode().catch(() => {})
}

async function fill(figure) {
  const out = figure.querySelector('.facts')
  const img = figure.querySelector('img')
  tell(out, [['making …', '']])
  try {
    const made = await make(figure.dataset.src)
    if (made.error) return tell(out, [[made.error.code, made.error.message, 'bad'], [made.error.message, '', 'bad']])
    await show(img, made.body)
    tell(out, facts(made, img, Number(figure.dataset.originalBytes)))
  } catch (error) {
    tell(out, [[String(error), '', 'bad']])
  }
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue
    near.unobserve(target)
    fill(target)
  }
}, { rootMargin: '200px' })
for (const figure of document.querySelectorAll('figure')) near.observe(figure)

document.addEventListener('click', async ({ target }) => {
  const kind = target.dataset?.copy
  if (!kind) return
  const address = new URL(target.closest('[data-src]').dataset.src, location.href).href
  const label = target.textContent
  try {
    await window.navigator.clipboard.writeText(kind === 'curl' ? "curl -o picture '" + address + "'" : address)
    target.textContent = 'Copied'
  } catch {
    target.textContent = 'Copying is not allowed here'
  }
  setTimeout(() => (target.textContent = label), 1200)
})

const form = document.getElementById('form')
const result = document.getElementById('result')
const [after, before, compare, help] = ['after', 'before', 'compare', 'help'].map((id) => document.getElementById(id))
const [out, code, details] = ['.facts', '.address', '.headers'].map((one) => result.querySelector(one))

/** '%' and ':' stay readable where they may. */
function addressOf() {
  const query = [...new FormData(form)].filter(([name, value]) => name !== '_file' && value !== '')
  const text = query.map(([name, value]) => name + '=' + encodeURIComponent(value).replaceAll('%3A', ':').replaceAll('%2C', ',')).join('&')
  return '/demo/' + form.elements._file.value + (text && '?' + text)
}

let running
async function run() {
  running?.abort()
  running = new AbortController()
  const { signal } = running
  const address = addressOf()
  code.textContent = result.dataset.src = address
  tell(out, [['making …', '']])
  try {
    const made = await make(address, signal)
    const { status, headers } = made.response
    details.textContent = [status + ' ' + made.response.statusText, ...[...headers].map(([name, value]) => name + ': ' + value)].join('\\n')
    after.classList.toggle('stale', !!made.error)
    if (made.error) {
      compare.hidden = before.hidden = true
      details.textContent = JSON.stringify({ error: made.error }, null, 2) + '\\n\\n' + details.textContent
      return tell(out, [[status + ' ' + made.error.code, '', 'bad'], [made.error.message, '', 'bad']])
    }
    await show(after, made.body)
    const file = form.elements._file.selectedOptions[0]
    tell(out, facts(made, after, Number(file.dataset.bytes)))
    slide(file)
  } catch (error) {
    if (!signal.aborted) tell(out, [[String(error), '', 'bad']])
  }
}

/** The original can lie over the result only when both show the same, in one shape. */
function slide(file) {
  const { width, height } = file.dataset
  const isSame = ['crop', 'rotate', 'flip'].every((name) => !form.elements[name]?.value)
  const fits = isSame && Math.abs((width * after.naturalHeight) / (height * after.naturalWidth) - 1) < 0.02
  compare.hidden = !fits
  before.hidden = !fits
  if (fits && !before.src.endsWith('/demo/' + file.value)) before.src = '/demo/' + file.value
}

function cut() {
  before.style.clipPath = 'inset(0 ' + (100 - compare.querySelector('input').value) + '% 0 0)'
}

let later
form.addEventListener('submit', (event) => (event.preventDefault(), clearTimeout(later), run()))
form.addEventListener('input', () => (clearTimeout(later), (later = setTimeout(run, 450))))
form.addEventListener('reset', () => setTimeout(run))
form.addEventListener('focusin', ({ target }) => (help.textContent = target.closest('label')?.dataset.help ?? help.textContent))
compare.addEventListener('input', cut)
cut()
form.elements.width.value ||= '1000'
run()
`
