/**
 * Adds a way to stop a compiled module: every loop counts down one shared counter and, at zero, calls an import
 * `meter.tick`, which may throw. What the module computes stays the same.
 *
 * Usage: node meter.mjs IN.wasm OUT.wasm   (needs wasm2wat and wat2wasm of wabt on the PATH)
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Turns of any loop between two ticks: some 0.1 ms of work. */
export const PERIOD = 100_000

const MODULE_FIELD = /^ {2}\((import|func|table|memory|global|export|start|elem|data|tag)\b/
const AFTER_GLOBALS = /^ {2}\((export|start|elem|data)\b/

const COUNTDOWN = [
  'global.get $meter_fuel i32.const 1 i32.sub global.set $meter_fuel',
  `global.get $meter_fuel i32.eqz if call $meter_tick i32.const ${PERIOD} global.set $meter_fuel end`,
].join(' ')

/** Text in, text out. An import may stand only before every other field: the new one goes first. */
export function meter(wat) {
  const out = []
  let hasImport = false
  let hasFuel = false
  for (const line of wat.split('\n')) {
    if (!hasImport && MODULE_FIELD.test(line)) {
      out.push('  (import "meter" "tick" (func $meter_tick))')
      hasImport = true
    }
    if (!hasFuel && AFTER_GLOBALS.test(line)) {
      out.push(`  (global $meter_fuel (mut i32) (i32.const ${PERIOD}))`)
      hasFuel = true
    }
    out.push(line)
    if (/^\s*loop\b/.test(line)) out.push(COUNTDOWN)
  }
  if (!hasImport || !hasFuel) throw new Error('Not the text of a module')
  return out.join('\n')
}

export function meterFile(input, output) {
  const folder = mkdtempSync(join(tmpdir(), 'meter-'))
  try {
    const text = execFileSync('wasm2wat', ['--generate-names', '--enable-all', input], { maxBuffer: 2 ** 30 })
    const file = join(folder, 'metered.wat')
    writeFileSync(file, meter(text.toString()))
    execFileSync('wat2wasm', ['--enable-all', file, '-o', output])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) meterFile(process.argv[2], process.argv[3])
