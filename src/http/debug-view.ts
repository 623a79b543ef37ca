/** `debug=view`: what a request was understood as, and what would be done, without doing it. */
import type { Call, Services } from '../context.ts'
import { chooseEngine, lacksOf } from '../engines/choose.ts'
import { isMediaError } from '../error.ts'
import { prepare } from '../render.ts'
import type { MediaRequest } from '../request/request.ts'

export async function diagnose(media: MediaRequest, call: Call, services: Services): Promise<Response> {
  await services.authorize(call.url, media)
  const { path, origin, captures, grammar, params, derivative, warnings, vary, accepts, isBare, overlay } =
    media
  const asked = {
    path,
    origin,
    captures,
    grammar,
    params,
    derivative,
    warnings,
    vary,
    accepts,
    isBare,
    overlay,
  }
  const rest = isBare ? {} : await planned(media, call, services)
  const view = { requestId: call.event.requestId, ...asked, ...rest }
  return new Response(JSON.stringify(view, null, 2), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}

async function planned(media: MediaRequest, call: Call, services: Services): Promise<object> {
  const plan = services.plan(media)
  const key = await services.planKey(plan)
  const found = await services.cache.find(key)
  const cached = found?.state ?? 'absent'
  try {
    const prepared = await prepare(plan, call.signal, call.event, services)
    await prepared.close()
    const { info, recipe, nsfw } = prepared
    const { size } = prepared.original
    const engine = (await chooseEngine(services.engines, recipe, info, size)).name
    const before = services.engines.findIndex(({ name }) => name === engine)
    const passedOver = await lacksOf(services.engines.slice(0, before), recipe, info, size)
    return {
      plan: plan.ask,
      cacheKey: key,
      cached,
      info,
      recipe,
      recipeKey: prepared.key,
      engine,
      ...(passedOver.length > 0 ? { passedOver } : {}),
      ...(nsfw ? { nsfw } : {}),
      ...(recipe.kind === 'image' ? { resolvedWidth: recipe.width, resolvedHeight: recipe.height } : {}),
    }
  } catch (error) {
    if (!isMediaError(error)) throw error
    return {
      plan: plan.ask,
      cacheKey: key,
      cached,
      error: { code: error.code, message: error.message, details: error.details },
    }
  }
}
