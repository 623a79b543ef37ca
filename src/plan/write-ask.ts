/** A question as the parameters of an address: what planning them gives is the same question. Pure. */
import { paramRow, type ParamName, type Params } from '../request/params.ts'
import { EFFECT_ROWS } from '../request/rows/effects.ts'
import { writeParams } from '../request/write.ts'
import type { Ask } from './plan.ts'

/** Without what is not asked for in an address: a veil, an overlay. */
export function writeAsk({ effects = {}, timed = {}, maxBytes, ...rest }: Ask): URLSearchParams {
  const { overlay: _, veil: __, ...plain } = rest
  const params = {
    ...plain,
    ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }),
    ...effects,
    ...timed,
  } as Params
  const names = (Object.keys(params) as ParamName[]).toSorted()
  return new URLSearchParams(writeParams(params, names.filter(isWritten)))
}

const isWritten = (name: ParamName) =>
  Object.hasOwn(EFFECT_ROWS, name) || ['rendition', 'timed'].includes(paramRow(name).role)
