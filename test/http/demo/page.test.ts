import { describe, expect, test } from 'vitest'
import { demoPage, DEMO_POLICY } from '../../../src/http/demo/page.ts'
import { demoAsset, demoHome } from '../../../src/http/demo/routes.ts'
import { SAMPLES, type DemoSample } from '../../../src/http/demo/samples.ts'
import { DEMO_JS } from '../../../src/http/demo/script.ts'
import { paramFields, type ParamField } from '../../../src/request/params.ts'
import { parseRequest } from '../../../src/request/request.ts'
import { rulesOf } from '../../request/support.ts'

const rules = rulesOf({
  origins: [{ name: 'demo', match: '^/demo/(?<key>.+)$', responsive: 'off', defaults: {} }],
})
const page = await demoPage({ samples: SAMPLES, fields: paramFields() })

/** What a browser reads out of an attribute. */
function unescape(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => named[name] ?? whole)
}

function addresses(html: string): string[] {
  return [...html.matchAll(/<figure[^>]*data-src="([^"]*)"/g)].map((match) => unescape(match[1] ?? ''))
}

function parse(address: string) {
  const url = new URL(address, 'http://127.0.0.1')
  return parseRequest({ method: 'GET', url, headers: new Headers() }, rules)
}

describe('the pictures', () => {
  test('each sample is shown through a handful of renditions', () => {
    for (const { file } of SAMPLES) {
      const own = addresses(page).filter((address) => address.startsWith(`/demo/${file}?`))
      expect(own.length, file).toBeGreaterThanOrEqual(4)
      expect(new Set(own).size).toBe(own.length)
    }
  })

  test('every address means a rendition of a sample, and none of it is unknown or refused', () => {
    for (const address of addresses(page)) {
      const { path, isBare, warnings, captures } = parse(address)
      expect({ path, isBare, warnings }, address).toEqual({
        path: `/demo/${captures['key']}`,
        isBare: false,
        warnings: [],
      })
      expect(SAMPLES.some(({ file }) => file === captures['key'])).toBe(true)
    }
  })

  test('together they resize, cut, pad, turn, mirror, crop and lie on a colour, in four formats and two qualities', () => {
    const asked = addresses(page).map((address) => parse(address).asked)
    const values = (name: 'fit' | 'format' | 'quality') => new Set(asked.map((one) => one[name]))
    expect([...values('fit')]).toEqual(expect.arrayContaining(['cover', 'pad']))
    expect([...values('format')]).toEqual(expect.arrayContaining(['webp', 'avif', 'jpeg', 'png']))
    expect([...values('quality')]).toEqual(expect.arrayContaining(['low', 'high']))
    for (const name of ['width', 'height', 'gravity', 'rotate', 'flip', 'crop', 'background'] as const) {
      expect(
        asked.some((one) => one[name] !== undefined),
        name,
      ).toBe(true)
    }
  })
})

describe('the form', () => {
  test('has a field for each parameter of a picture, with its help, and none that repeats', () => {
    const names = [...page.matchAll(/<(?:input|select)[^>]*\sname="([^"]+)"/g)].map((match) => match[1])
    expect(names).toEqual(['_file', ...paramFields().map(({ name }) => name)])
    for (const { name } of paramFields()) expect(page).toContain(`data-help="${name}: `)
  })

  test('offers only values that are accepted', () => {
    for (const { name, control, example } of paramFields()) {
      const values = control.kind === 'select' ? control.options : [example]
      for (const value of values) {
        const address = `/demo/lake.jpg?${new URLSearchParams({ [name]: value })}`
        expect(parse(address).asked[name], `${name}=${value}`).toBeDefined()
      }
    }
  })
})

describe('what the page is made from', () => {
  test('stays text, whatever it holds', async () => {
    const evil = `"><script>alert('x')</script>&amp;`
    const sample: DemoSample = { file: evil, title: evil, note: evil, width: 1, height: 1, bytes: 1 }
    const field = {
      name: evil,
      control: { kind: 'select', options: [evil] },
      help: evil,
      fallback: evil,
      example: evil,
    }
    const fields = [field, { ...field, control: { kind: 'text' } }] as unknown as ParamField[]
    const html = await demoPage({ samples: [sample], fields })
    expect(html).not.toContain('<script>')
    expect(html).not.toContain(`alert('x')`)
    expect(html.match(/<script/g)).toHaveLength(1)
    expect(html).toContain('&quot;&gt;&lt;script&gt;')
  })
})

describe('the policy', () => {
  test('is kept by the page: no style or script within it, nothing from elsewhere', () => {
    expect(page).not.toMatch(/\sstyle=|<style|\son\w+=|javascript:/i)
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect([...page.matchAll(/<script[^>]*>([^<]*)</g)].map((match) => match[1])).toEqual([''])
  })

  test('is kept by the script: no markup or code from strings', () => {
    expect(DEMO_JS).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/)
    expect(() => new Function(DEMO_JS)).not.toThrow()
  })

  test('comes with the page, and forbids all that is not named', async () => {
    const response = await demoHome()
    expect(response.headers.get('content-security-policy')).toBe(DEMO_POLICY)
    expect(DEMO_POLICY).toContain("default-src 'none'")
    expect(DEMO_POLICY).not.toMatch(/unsafe|\*|https?:/)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })
})

describe('the page’s own files', () => {
  test('are all that the page asks for, and small', async () => {
    const asked = [...page.matchAll(/(?:src|href)="(\/demo\/_assets\/[^"]+)"/g)].map(
      (match) => match[1] ?? '',
    )
    expect(asked).toHaveLength(2)
    const bodies = await Promise.all(asked.map((path) => demoAsset(path).text()))
    expect(bodies.every((body) => body.length > 500)).toBe(true)
    expect(demoAsset('/demo/_assets/demo.css').headers.get('content-type')).toBe('text/css; charset=utf-8')
    expect(demoAsset('/demo/_assets/demo.js').headers.get('content-type')).toBe(
      'text/javascript; charset=utf-8',
    )
    expect(bodies.join('').length).toBeLessThan(20_000)
    expect(page.length).toBeLessThan(80_000)
  })

  test('has no others, not even names that every object has', () => {
    for (const name of ['x.css', 'constructor', '__proto__', '']) {
      expect(() => demoAsset(`/demo/_assets/${name}`)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    }
  })
})
