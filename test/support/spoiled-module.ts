/**
 * A compiled module with a fault put into it: one of its exports, called with what the fault waits for, does harm instead of
 * its work. Everything else is the module that is shipped.
 */

/** A trap; a loop that asks whether to stop; one that never does; memory taken and written to until there is none, asking too. */
export type Harm = 'trap' | 'spin' | 'spin-deaf' | 'eat'

export interface Fault {
  /** The export that is spoiled. */
  readonly name: string
  /** Which value, an i32, is compared: a parameter by its number, or what another export without parameters gives. */
  readonly watch: number | string
  readonly when: Readonly<Partial<Record<Harm, number>>>
}

interface Section {
  readonly id: number
  readonly bytes: Uint8Array
}

const [TYPE, IMPORT, FUNCTION, EXPORT, CODE] = [1, 2, 3, 7, 10]
const [UNREACHABLE, LOOP, IF, END, BRANCH, CALL] = [0x00, 0x03, 0x04, 0x0b, 0x0c, 0x10]
const [GET, TEE, GROW, CONST, EQUAL, SHIFT_LEFT, FILL] = [
  0x20,
  0x22,
  [0x40, 0],
  0x41,
  0x46,
  0x74,
  [0xfc, 11, 0],
]
const [NOTHING, I32] = [0x40, 0x7f]
const PAGE_BITS = 16
/** Pages that are taken at a time: 4 MiB. */
const BITE = 64

export function spoilModule(bytes: Uint8Array, fault: Fault): Uint8Array<ArrayBuffer> {
  const sections = readSections(bytes)
  const find = (id: number) => createCursor(sections.find((section) => section.id === id)!.bytes)
  const imports = readImports(find(IMPORT))
  const functions = find(FUNCTION).list((cursor) => cursor.number())
  const exports = find(EXPORT).list(readExport)
  const indexOf = (name: string) => exports.find((one) => one.name === name && one.kind === 0)!.index
  const victim = indexOf(fault.name)
  const type = [...imports.map((one) => one.type), ...functions][victim]!
  const body = bodyFor(fault, {
    victim,
    parameters: find(TYPE).list(readParameters)[type]!,
    watched: typeof fault.watch === 'number' ? [GET, ...leb(fault.watch)] : call(indexOf(fault.watch)),
    tick: call(imports.findIndex((one) => one.name === 'tick')),
  })
  const spoiled = imports.length + functions.length
  const index = (one: Export) => (one.name === fault.name ? spoiled : one.index)
  const changed = new Map([
    [FUNCTION, vector([...functions, type].map(leb))],
    [EXPORT, vector(exports.map((one) => [...nameBytes(one.name), one.kind, ...leb(index(one))]))],
    [CODE, appended(find(CODE), [...leb(body.length), ...body])],
  ])
  const written = sections.map(({ id, bytes: old }) => {
    const content = changed.get(id) ?? old
    return Buffer.concat([Uint8Array.of(id, ...leb(content.length)), content])
  })
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, 8), ...written]))
}

interface Place {
  /** The function that does the work. */
  readonly victim: number
  readonly parameters: number
  /** Instructions that leave the value in question. */
  readonly watched: readonly number[]
  readonly tick: readonly number[]
}

/** Takes what the victim takes, and has a local of its own. */
function bodyFor({ when }: Fault, { victim, parameters, watched, tick }: Place): number[] {
  const harms = Object.entries(when).flatMap(([harm, value]) => {
    const found = [...watched, CONST, ...signed(value), EQUAL]
    return [...found, IF, NOTHING, ...HARMS[harm as Harm](tick, parameters), END]
  })
  const passed = Array.from({ length: parameters }, (_, i) => [GET, ...leb(i)]).flat()
  return [1, 1, I32, ...harms, ...passed, ...call(victim), END]
}

const call = (index: number) => [CALL, ...leb(index)]
const loop = (...body: readonly number[]) => [LOOP, NOTHING, ...body, BRANCH, 0, END]

/** From the old end of the memory on, which is `local`: written to, so that it is taken and not only promised. */
const bite = (local: number) =>
  [
    [CONST, ...signed(BITE), ...GROW, TEE, ...leb(local)],
    // Nothing is left: it traps, as a library does.
    [CONST, ...signed(-1), EQUAL, IF, NOTHING, UNREACHABLE, END],
    [GET, ...leb(local), CONST, ...signed(PAGE_BITS), SHIFT_LEFT],
    [CONST, 1, CONST, ...signed(BITE << PAGE_BITS), ...FILL],
  ].flat()

const HARMS: Readonly<Record<Harm, (tick: readonly number[], local: number) => number[]>> = {
  trap: () => [UNREACHABLE],
  spin: (tick) => loop(...tick),
  'spin-deaf': () => loop(),
  eat: (tick, local) => loop(...bite(local), ...tick),
}

function readSections(bytes: Uint8Array): Section[] {
  const sections: Section[] = []
  const cursor = createCursor(bytes.subarray(8))
  while (!cursor.isDone()) sections.push({ id: cursor.byte(), bytes: cursor.take(cursor.number()) })
  return sections
}

/** Of the modules that are shipped: nothing but functions. */
function readImports(cursor: Cursor): { readonly name: string; readonly type: number }[] {
  return cursor.list(() => {
    cursor.name()
    const name = cursor.name()
    if (cursor.byte() !== 0) throw new Error(`${name} is no function`)
    return { name, type: cursor.number() }
  })
}

interface Export {
  readonly name: string
  /** 0: a function. */
  readonly kind: number
  readonly index: number
}

const readExport = (cursor: Cursor): Export => ({
  name: cursor.name(),
  kind: cursor.byte(),
  index: cursor.number(),
})

/** How many a function of this type has. */
function readParameters(cursor: Cursor): number {
  cursor.byte()
  const parameters = cursor.list(() => cursor.byte())
  cursor.list(() => cursor.byte())
  return parameters.length
}

/** Everything in the vector, and one more. */
function appended(cursor: Cursor, item: number[]): Uint8Array {
  const count = cursor.number()
  return Buffer.concat([Uint8Array.from(leb(count + 1)), cursor.rest(), Uint8Array.from(item)])
}

interface Cursor {
  isDone(): boolean
  byte(): number
  number(): number
  name(): string
  take(length: number): Uint8Array
  rest(): Uint8Array
  list<T>(read: (cursor: Cursor) => T): T[]
}

function createCursor(bytes: Uint8Array): Cursor {
  let at = 0
  const cursor: Cursor = {
    isDone: () => at >= bytes.length,
    byte: () => bytes[at++]!,
    number() {
      for (let value = 0, shift = 0; ; shift += 7) {
        const byte = cursor.byte()
        value += (byte & 0x7f) * 2 ** shift
        if (byte < 0x80) return value
      }
    },
    name: () => new TextDecoder().decode(cursor.take(cursor.number())),
    take(length) {
      at += length
      return bytes.subarray(at - length, at)
    },
    rest: () => cursor.take(bytes.length - at),
    list: (read) => Array.from({ length: cursor.number() }, () => read(cursor)),
  }
  return cursor
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}

/** For an i32.const. */
function signed(value: number): number[] {
  const low = value & 0x7f
  const rest = value >> 7
  const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)
  return isLast ? [low] : [low | 0x80, ...signed(rest)]
}

const nameBytes = (name: string) => [...leb(name.length), ...new TextEncoder().encode(name)]
const vector = (items: readonly number[][]) => Uint8Array.from([...leb(items.length), ...items.flat()])
