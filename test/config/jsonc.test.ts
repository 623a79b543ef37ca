import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDocument } from '../../src/config/jsonc.ts'

describe('parseDocument', () => {
  test('comments and trailing commas', () => {
    const text = `\uFEFF// first
      { /* a */ "a": [1, -2.5e3, /* , */ true, null,], "u\\u00e9//no": "/* no */ \\"x\\"", // end
      "o": {"p": {},},
    } // done`
    expect(parseDocument(text)).toEqual({ a: [1, -2500, true, null], 'ué//no': '/* no */ "x"', o: { p: {} } })
  })

  test('whatever JSON.stringify writes comes back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        // The one name that is refused, and tested below.
        fc.pre(!text.includes('"__proto__"'))
        expect(parseDocument(text)).toEqual(JSON.parse(text))
        expect(parseDocument(`/**/ ${JSON.stringify(value, null, 2)} //`)).toEqual(JSON.parse(text))
      }),
    )
  })

  test.each([
    ['{\n  "a": 1\n  "b": 2 }', /line 3, column 3: expected a comma/],
    ['{"a" 1}', /line 1, column 6: expected a colon/],
    ['{a: 1}', /column 2: expected a name in double quotes/],
    ['{"a": yes}', /"yes" is no value/],
    ['{"a": 01}', /"01" is no value/],
    ['{"a": ,}', /expected a value/],
    ['[,]', /expected a value/],
    ['{"a": 1,, "b": 2}', /expected a name/],
    ['{"a": "x', /a string that is not closed/],
    ['{"a": "x\ny"}', /a string that is not closed/],
    ['{"a": "\\q"}', /an escape that is not allowed/],
    ['{"a": 1', /line 1, column 8/],
    ['', /ends too early/],
    ['{} {}', /text after the end/],
    ['/* open', /a comment that is not closed/],
    ['{"a": 1, "a": 2}', /column 10: "a" given twice/],
    ['{"__proto__": {}}', /not allowed/],
    ['['.repeat(100), /nested too deeply/],
    ['{"a": NaN}', /"NaN" is no value/],
    ['{"a": constructor}', /is no value/],
  ])('%j is refused with its place', (text, message) => {
    expect(() => parseDocument(text)).toThrow(message)
  })
})
