import type { Services } from '../context.ts'
import type { Plan } from '../plan/plan.ts'
import { joinValidators } from '../render.ts'

/** Which version of all its originals a plan is about, and how large the main one is. @throws what the sources throw */
export async function lookUp(
  { source, overlay }: Plan,
  signal: AbortSignal,
  { origins }: Pick<Services, 'origins'>,
): Promise<{ readonly validator: string; readonly size: number | undefined }> {
  const texts: string[] = []
  let size: number | undefined
  for (const ref of [source, ...(overlay ? [overlay] : [])]) {
    const original = await origins.open(ref, signal)
    await original.close()
    texts.push(original.validator.text)
    if (ref === source) ({ size } = original)
  }
  return { validator: joinValidators(texts), size }
}
