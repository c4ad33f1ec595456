import type { EngineKind } from '@castellan/contracts'
import { engine as words } from '../strings/engine.ts'
import type { AgentView, Choice } from './views.ts'

/** An agent while somebody writes it: every field as text, as it stands in the form. */
export interface Draft {
  readonly name: string
  readonly title: string
  readonly prompt: string
  readonly engine: EngineKind
  readonly dialect: 'openai' | 'anthropic'
  readonly model: string
  /** A credential's id; `any` for whichever of the engine's own provider is healthy, `any:NAME` for one of another's. */
  readonly pays: string
  readonly baseUrl: string
  readonly outputTokens: string
  readonly temperature: string
  readonly contextTokens: string
  readonly thinkingTokens: string
  readonly priceIn: string
  readonly priceOut: string
  readonly memory: boolean
  readonly memoryTokens: string
  /** What the form does not show, kept as it is for as long as the engine stays. */
  readonly kept: Choice | null
}

export const ANY = 'any'
/** Of recalled facts in one turn, where agents.json does not say. */
export const DEFAULT_MEMORY_TOKENS = 600

/** Whichever of this provider's credentials is healthy. */
export function anyOf(provider: string): string {
  return `${ANY}:${provider}`
}

export function emptyDraft(): Draft {
  return {
    ...{ name: '', title: '', prompt: '', engine: 'llama', dialect: 'anthropic', model: '', pays: ANY, baseUrl: '' },
    ...{ outputTokens: '', temperature: '', contextTokens: '', thinkingTokens: '', priceIn: '', priceOut: '' },
    ...{ memory: true, memoryTokens: String(DEFAULT_MEMORY_TOKENS), kept: null },
  }
}

/** An agent as it is in force. Words that are built in are not written down, so that they stay those of the next version. */
export function draftOf({ name, title, prompt_source, engine, memory }: AgentView, prompt: string): Draft {
  const { engine: kind, ...all } = engine
  const field = (key: string) => textOf((all as Readonly<Record<string, unknown>>)[key])
  const prices = 'prices' in engine ? engine.prices : undefined
  return {
    ...emptyDraft(),
    name,
    title: title ?? '',
    prompt: prompt_source === 'built_in' ? '' : prompt,
    engine: kind,
    dialect: (engine.engine === 'openclaw' ? engine.dialect : undefined) ?? 'anthropic',
    model: field('model'),
    pays: field('credential') || (field('provider') === '' ? ANY : anyOf(field('provider'))),
    baseUrl: field('base_url'),
    outputTokens: field('max_output_tokens'),
    temperature: field('temperature'),
    contextTokens: field('context_tokens'),
    thinkingTokens: field('thinking_tokens'),
    priceIn: textOf(prices?.input),
    priceOut: textOf(prices?.output),
    memory: memory.enabled !== false,
    memoryTokens: String(memory.token_budget ?? DEFAULT_MEMORY_TOKENS),
    kept: engine,
  }
}

/** What is still wrong or missing, as one sentence; null when it can be sent. The gateway has the last word. */
export function draftProblem(draft: Draft): string | null {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(draft.name)) return words.form.badName
  if (draft.engine !== 'llama' && draft.model.trim() === '') return words.form.noModel
  if ((draft.priceIn.trim() === '') !== (draft.priceOut.trim() === '')) return words.form.halfPrice
  const numbers = [
    ...[draft.outputTokens, draft.temperature, draft.contextTokens, draft.thinkingTokens],
    ...[draft.priceIn, draft.priceOut, draft.memory ? draft.memoryTokens : ''],
  ]
  return numbers.some((text) => Number.isNaN(Number(text))) ? words.form.badNumber : null
}

/** What an agent of this draft thinks with. */
export function choiceOf(draft: Draft): Choice {
  const answer = { ...numbered('max_output_tokens', draft.outputTokens), ...numbered('temperature', draft.temperature) }
  if (draft.engine === 'llama') return { engine: 'llama', ...answer }
  const kept = draft.kept?.engine === draft.engine ? draft.kept : null
  const keptPrices = kept !== null && 'prices' in kept ? kept.prices : undefined
  const [input, output] = [numberOf(draft.priceIn), numberOf(draft.priceOut)]
  const shared = {
    model: draft.model.trim(),
    ...(draft.baseUrl.trim() === '' ? {} : { base_url: draft.baseUrl.trim() }),
    ...numbered('context_tokens', draft.contextTokens),
    ...(input === null || output === null ? {} : { prices: { ...keptPrices, input, output } }),
    ...payer(draft.pays),
  }
  switch (draft.engine) {
    case 'openai':
      return { engine: 'openai', ...shared, ...answer }
    case 'anthropic':
      return { engine: 'anthropic', ...shared, ...answer, ...numbered('thinking_tokens', draft.thinkingTokens) }
    case 'claude-code':
      return { engine: 'claude-code', ...shared }
    case 'openclaw':
      return { engine: 'openclaw', dialect: draft.dialect, ...shared }
  }
}

/** What is written into agents.json. */
export function descriptionOf(draft: Draft) {
  const [title, prompt] = [draft.title.trim(), draft.prompt.trim()]
  return {
    ...(title === '' ? {} : { title }),
    ...(prompt === '' ? {} : { prompt }),
    engine: choiceOf(draft),
    memory: { enabled: draft.memory, token_budget: numberOf(draft.memoryTokens) ?? DEFAULT_MEMORY_TOKENS },
  }
}

type Payer = { readonly credential?: string; readonly provider?: string }

function payer(pays: string): Payer {
  if (pays === ANY) return {}
  if (pays.startsWith(anyOf(''))) return { provider: pays.slice(anyOf('').length) }
  return { credential: pays }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text)
}

function numbered<Name extends string>(name: Name, text: string): Partial<Record<Name, number>> {
  const number = numberOf(text)
  return number === null ? {} : ({ [name]: number } as Record<Name, number>)
}
