import type { AnswerEvent, Engine, EngineHooks, ModelRequest } from '../engines/engine.ts'

/** The engine on this machine, telling what it was asked and what it said like the ones outside do. */
export function tellsExchanges(engine: Engine): Engine {
  return new Proxy(engine, {
    get(target, name) {
      if (name === 'complete') return (...args: Parameters<Engine['complete']>) => told(target, ...args)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function* told(
  engine: Engine,
  request: ModelRequest,
  signal: AbortSignal,
  hooks?: EngineHooks,
): AsyncGenerator<AnswerEvent, void, void> {
  const [startedAt, started] = [new Date(), performance.now()]
  const events: AnswerEvent[] = []
  let problem: string | null = null
  try {
    for await (const event of engine.complete(request, signal, hooks)) {
      add(events, event)
      yield event
    }
  } catch (error) {
    problem = (error as Error).message
    throw error
  } finally {
    const failed = events.find((event) => event.type === 'error')
    const done = events.find((event) => event.type === 'done')
    hooks?.onExchange?.({
      ...{ engine: engine.kind, model: engine.model, url: '', credential: null, startedAt },
      durationMs: performance.now() - started,
      request: JSON.stringify(request),
      ...{ status: null, cut: 0 },
      response: events.map((event) => JSON.stringify(event)).join('\n'),
      ...{ left: false, head: null, answerHeaders: [], takenOut: [], ledgerIndex: null },
      usage: done?.type === 'done' ? done.usage : null,
      cost: null,
      problem: problem ?? (failed?.type === 'error' ? failed.error.message : null),
    })
  }
}

/** Words that follow each other are one text: a secret in it is seen as one. */
function add(events: AnswerEvent[], event: AnswerEvent): void {
  const last = events.at(-1)
  if (event.type === 'text' && last?.type === 'text')
    events[events.length - 1] = { ...last, text: last.text + event.text }
  else events.push(event)
}
