/**
 * Adds a way to stop a compiled module: loops count their turns and, now and then, call an import `meter.tick`, which
 * may throw. What the module computes stays the same.
 *
 * Usage: node meter.mjs IN.wasm OUT.wasm   (needs wasm2wat and wat2wasm of wabt on the PATH)
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Turns of loops between two ticks: few enough that row after row of a large picture is no long silence. */
export const PERIOD = 2000
/** Turns after which one run of an innermost loop is a runaway: some two seconds, and more than any picture needs. */
export const RUNAWAY = 2 ** 30

const MODULE_FIELD = /^ {2}\((import|func|table|memory|global|export|start|elem|data|tag)\b/
const AFTER_GLOBALS = /^ {2}\((export|start|elem|data)\b/
const FUNCTION = /^ {2}\(func\b/
const LOOP = /^(\s*)loop\b/

/** Most pages of 64 KiB of a memory that has no bound of its own: 768 MiB. */
export const MOST_PAGES = 12288
const UNBOUNDED = /^( {2}\(memory \S+ \d+)\)/
const ANY_BOUND = /^( {2}\(memory \S+ \d+)(?: \d+)?\)/

/** One counter for the whole module, in memory. */
const SHARED_COUNT = [
  'global.get $meter_fuel i32.const 1 i32.sub global.set $meter_fuel',
  `global.get $meter_fuel i32.eqz if call $meter_tick i32.const ${PERIOD} global.set $meter_fuel end`,
].join(' ')

/**
 * Innermost loops that call nothing are bounded instead: a mere possibility of a call inside makes engines keep the
 * loop's values in memory, for up to half as much time again. The loops around them tick; a runaway traps.
 */
const BEGIN_BOUND = 'i32.const 0 local.set $meter_turns'
const BOUND = [
  'local.get $meter_turns i32.const 1 i32.add local.tee $meter_turns',
  `i32.const ${RUNAWAY} i32.eq if unreachable end`,
].join(' ')

/**
 * Text in, text out. An import may stand only before every other field: the new one goes first. `isBounded`: a memory
 * that may grow beyond our bound by its own may not any more.
 */
export function meter(wat, isBounded = false) {
  const memory = isBounded ? ANY_BOUND : UNBOUNDED
  const lines = wat.split('\n')
  const out = []
  let hasImport = false
  let hasFuel = false
  for (const [index, line] of lines.entries()) {
    if (!hasImport && MODULE_FIELD.test(line)) {
      out.push('  (import "meter" "tick" (func $meter_tick))')
      hasImport = true
    }
    if (!hasFuel && AFTER_GLOBALS.test(line)) {
      out.push(`  (global $meter_fuel (mut i32) (i32.const ${PERIOD}))`)
      hasFuel = true
    }
    if (FUNCTION.test(line)) out.push(...openFunction(line))
    else if (!LOOP.test(line)) out.push(line.replace(memory, `$1 ${MOST_PAGES})`))
    else if (isPlainInner(lines, index)) out.push(BEGIN_BOUND, line, BOUND)
    else out.push(line, SHARED_COUNT)
  }
  if (!hasImport || !hasFuel) throw new Error('Not the text of a module')
  return out.join('\n')
}

/** The header, then our local before the function's own; a function without a body closes on the same line. */
function openFunction(line) {
  const closes = line.endsWith('))') && count(line, '(') === count(line, ')')
  return closes ? [line] : [line, '    (local $meter_turns i32)']
}

/** Whether a loop has no loop and no call inside. The text is indented by nesting. */
function isPlainInner(lines, start) {
  const depth = LOOP.exec(lines[start])[1].length
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at]
    if (line.search(/\S/) <= depth) return true
    if (/^\s*(loop|call|call_indirect)\b/.test(line)) return false
  }
  return true
}

function count(line, character) {
  return line.split(character).length - 1
}

export function meterFile(input, output, isBounded = false) {
  const folder = mkdtempSync(join(tmpdir(), 'meter-'))
  try {
    const text = execFileSync('wasm2wat', ['--generate-names', '--enable-all', input], { maxBuffer: 2 ** 30 })
    const file = join(folder, 'metered.wat')
    writeFileSync(file, meter(text.toString(), isBounded))
    execFileSync('wat2wasm', ['--enable-all', file, '-o', output])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) meterFile(process.argv[2], process.argv[3])
