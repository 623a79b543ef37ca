/** Rules and requests for tests of parsing and planning. */
import { compileRules, type RulesInput } from '../../src/request/compile.ts'
import { parseRequest } from '../../src/request/request.ts'
import type { RequestRules } from '../../src/request/rules.ts'

export function rulesOf(change: Partial<RulesInput> = {}): RequestRules {
  const { rules, faults } = compileRules({
    origins: [
      { name: 'files', match: '^/files/(?<key>.+)$', responsive: 'hints', defaults: {} },
      { name: 'always', match: '^/always/(.+)$', responsive: 'always', defaults: {} },
      { name: 'off', match: '^/off/(.+)$', responsive: 'off', defaults: {} },
      {
        name: 'filled',
        match: '^/filled/(.+)$',
        responsive: 'hints',
        defaults: { quality: 'high', fit: 'cover' },
      },
      { name: 'loose', match: '^/loose/(?<key>.*)$', responsive: 'hints', defaults: {} },
    ],
    derivatives: {
      mobile: { width: 640, height: 360, fit: 'cover' },
      tablet: { width: 1280 },
      desktop: { width: 1920, format: 'jpeg', quality: 90 },
    },
    responsive: {
      breakpoints: [
        { maxWidth: 1280, derivative: 'tablet' },
        { maxWidth: 854, derivative: 'mobile' },
      ],
      defaultDerivative: 'desktop',
    },
    parameters: { invalid: 'reject' },
    limits: { outputSide: 8192 },
    formats: { jxl: false },
    ...change,
  })
  if (faults.length > 0) throw new Error(JSON.stringify(faults))
  return rules
}

export function ask(path: string, headers: Record<string, string> = {}, rules = rulesOf()) {
  return parseRequest(
    { method: 'GET', url: new URL(path, 'http://media.test'), headers: new Headers(headers) },
    rules,
  )
}
