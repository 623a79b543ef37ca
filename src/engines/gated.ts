import type { Gate } from '../lib/gate.ts'
import type { Engine } from './engine.ts'

/**
 * The same engine, of whose runs so many are under way at a time. Who waits has not begun: neither the clock of the work runs,
 * nor is anything read for it.
 */
export function gatedEngine(engine: Engine, gate: Gate): Engine {
  const { lack } = engine
  return {
    name: engine.name,
    can: (...what) => engine.can(...what),
    ...(lack ? { lack: (...what) => lack(...what) } : {}),
    run: (recipe, original, budget, overlay) =>
      gate.run(
        budget.signal,
        () => engine.run(recipe, original, budget, overlay),
        1,
        budget.asked?.source.origin,
      ),
  }
}
