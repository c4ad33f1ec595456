import type { EngineDoctor } from '@castellan/contracts'
import { version } from '@castellan/daemon'
import type { Backend, BackendReport } from './backend/backend.ts'
import { availableMemory } from './memory/available.ts'

type Advice = EngineDoctor['advice'][number]
type Line = Omit<EngineDoctor['slots'], 'contextTokens'>

/** Puts together what is used and why, and what a person should know about it. */
export function diagnose(backend: Backend, report: BackendReport, line: Line): EngineDoctor {
  const { state, loaded, error, network } = backend.state()
  const available = availableMemory()
  const facts: Omit<EngineDoctor, 'advice'> = {
    engine: { name: 'castellan-engine', version, backend: backend.kind, backendVersion: report.version },
    state,
    loaded,
    ...(error === undefined ? {} : { error }),
    model: report.model,
    compute: report.compute,
    memory: {
      need: report.need,
      available: available.bytes,
      limit: available.limit,
      reserve: available.reserve,
      resident: report.resident,
      gpu: report.gpu,
    },
    slots: { ...line, contextTokens: report.model?.contextTokens ?? 0 },
    prefix: { ...report.prefix },
    network,
  }
  return { ...facts, advice: advise(facts) }
}

const ORDER: readonly Advice['level'][] = ['problem', 'warning', 'note', 'ok']

function advise(facts: Omit<EngineDoctor, 'advice'>): Advice[] {
  const advice = [
    ...aboutState(facts),
    ...aboutDevice(facts),
    ...aboutMemory(facts),
    ...aboutContext(facts),
    ...aboutNetwork(facts),
  ].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level))
  if (advice.some(({ level }) => level !== 'note')) return advice
  return [{ level: 'ok', code: 'works', message: 'The model answers, and nothing stands in its way.' }, ...advice]
}

function aboutState({ state, loaded, error, slots }: Omit<EngineDoctor, 'advice'>): Advice[] {
  if (state === 'failed' && error !== undefined) return [{ level: 'problem', code: error.code, message: error.message }]
  if (state === 'loading') return [{ level: 'note', code: 'loading', message: 'The model is being loaded.' }]
  if (!loaded) {
    const message = `Nobody asked for ${slots.idleUnloadSeconds} seconds, so the model left the memory. The next request brings it back.`
    return [{ level: 'note', code: 'unloaded', message }]
  }
  return []
}

function aboutDevice({ compute }: Omit<EngineDoctor, 'advice'>): Advice[] {
  if (compute.device === null) return []
  const isPartly = compute.device !== 'cpu' && compute.layersOnGpu < compute.layers
  const isIdle = compute.device === 'cpu' && compute.why.startsWith('A graphics processor is there')
  return [
    {
      level: isIdle || isPartly ? 'warning' : 'note',
      code: isIdle ? 'gpu_unused' : isPartly ? 'gpu_partly' : `on_${compute.device}`,
      message: compute.why,
    },
  ]
}

function aboutMemory({ memory, loaded }: Omit<EngineDoctor, 'advice'>): Advice[] {
  if (!loaded || memory.available > 0) return []
  const bytes = Math.round(memory.limit.bytes / 1024 / 1024)
  const message = `Only ${bytes} MiB of memory are left beside the model, less than the reserve: give it fewer slots or a smaller context.`
  return [{ level: 'warning', code: 'memory_short', message }]
}

function aboutContext({ model, slots }: Omit<EngineDoctor, 'advice'>): Advice[] {
  if (model === null || model.kind === 'interpreter' || slots.contextTokens >= 16_384) return []
  if (model.trainedContextTokens <= slots.contextTokens) return []
  const message = `The context has ${slots.contextTokens} of the ${model.trainedContextTokens} tokens this model was trained for. A larger one (contextTokens) lets it see more of the tools and of the conversation, and takes more memory.`
  return [{ level: 'note', code: 'context_small', message }]
}

function aboutNetwork({ network, engine }: Omit<EngineDoctor, 'advice'>): Advice[] {
  if (network === 'none' || engine.backend === 'llama-server') return []
  const message =
    'The model’s process could reach the network: user namespaces are not allowed here, and no service manager takes it away.'
  return [{ level: 'note', code: 'network', message }]
}
