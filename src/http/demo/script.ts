/** The sample page's own script: fetches each picture, so that it can say what it cost. */
export const DEMO_JS = `
const kB = (bytes) => (bytes / 1000).toFixed(bytes < 100000 ? 1 : 0) + ' kB'

async function make(address) {
  const begun = performance.now()
  const response = await fetch(address)
  const body = await response.blob()
  const ms = performance.now() - begun
  return { response, body, ms, error: response.ok ? undefined : (JSON.parse(await body.text()).error ?? {}) }
}

function facts({ response, body, ms }, originalBytes) {
  const h = response.headers
  const saved = Math.round(100 * (1 - body.size / originalBytes))
  return [
    h.get('x-resolved-width') + ' × ' + h.get('x-resolved-height'),
    h.get('content-type').replace('image/', ''),
    kB(body.size) + (saved >= 0 ? ', ' + saved + ' % saved' : ', ' + -saved + ' % more'),
    h.get('x-processing-time-ms') + ' ms (' + ms.toFixed(0) + ' seen here)',
    h.get('x-cache'),
  ].join(' · ')
}

function show(img, body) {
  if (img.src) URL.revokeObjectURL(img.src)
  img.src = URL.createObjectURL(body)
}

async function fill(figure) {
  const out = figure.querySelector('.facts')
  try {
    const made = await make(figure.dataset.src)
    out.classList.toggle('failed', !!made.error)
    if (made.error) return (out.textContent = made.error.code + ': ' + made.error.message)
    show(figure.querySelector('img'), made.body)
    out.textContent = facts(made, Number(figure.dataset.originalBytes))
  } catch (error) {
    out.classList.add('failed')
    out.textContent = String(error)
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue
    seen.unobserve(target)
    target.querySelector('.facts').textContent = 'making'
    fill(target)
  }
}, { rootMargin: '300px' })
for (const figure of document.querySelectorAll('figure[data-src]')) seen.observe(figure)

document.addEventListener('click', async ({ target }) => {
  const kind = target.dataset?.copy
  if (!kind) return
  const address = new URL(target.closest('figure').dataset.src, location.href).href
  await window.navigator.clipboard.writeText(kind === 'curl' ? "curl -o picture '" + address + "'" : address)
  const label = target.textContent
  target.textContent = 'Copied'
  setTimeout(() => (target.textContent = label), 1200)
})

const form = document.getElementById('form')
const result = document.getElementById('result')
const [after, before, divider] = ['after', 'before', 'divider'].map((id) => document.getElementById(id))

function addressOf() {
  const query = new URLSearchParams()
  let file = ''
  for (const [name, value] of new FormData(form)) {
    if (name === '_file') file = value
    else if (value !== '') query.set(name, value)
  }
  return '/demo/' + file + (query.size ? '?' + query : '')
}

let turn = 0
async function run() {
  const address = addressOf()
  const mine = ++turn
  const [out, code, pre] = ['.facts', '.address', '.headers'].map((one) => result.querySelector(one))
  code.textContent = address
  out.textContent = 'making'
  const made = await make(address)
  if (mine !== turn) return
  out.classList.toggle('failed', !!made.error)
  pre.textContent = [...made.response.headers].map(([name, value]) => name + ': ' + value).join('\\n')
  if (made.error) {
    out.textContent = made.response.status + ' ' + made.error.code
    pre.textContent = JSON.stringify(made.error, null, 2) + '\\n\\n' + pre.textContent
    return
  }
  show(after, made.body)
  const original = address.split('?')[0]
  before.src = original
  const bytes = Number((await fetch(original, { method: 'HEAD' })).headers.get('content-length'))
  out.textContent = address === original ? 'the original, ' + kB(made.body.size) : facts(made, bytes)
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  run().catch((error) => (result.querySelector('.facts').textContent = String(error)))
})
divider.addEventListener('input', () => (before.style.clipPath = 'inset(0 ' + (100 - divider.value) + '% 0 0)'))
form.elements.width.value = 640
run().catch(() => {})
`
