import { AgentDescription } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { choiceOf, descriptionOf, draftOf, draftProblem, emptyDraft } from '../../src/engine/draft.ts'
import type { AgentView } from '../../src/engine/views.ts'

const agent = (engine: AgentView['engine'], prompt_source: AgentView['prompt_source'] = 'inline'): AgentView => ({
  ...{ name: 'night', title: null, is_default: false, prompt_source, engine },
  ...{ memory: { enabled: false, token_budget: 700 }, digest: '0'.repeat(64) },
})

const engines: readonly AgentView['engine'][] = [
  { engine: 'llama', max_output_tokens: 400, temperature: 0 },
  { engine: 'openai', model: 'gpt-5', provider: 'openrouter', context_tokens: 200_000 },
  { engine: 'openai', model: 'm', base_url: 'http://10.0.0.2/v1', credential: 'cred_l7XhJ0f3T3m4Yz1Q' },
  {
    ...{ engine: 'anthropic', model: 'claude-sonnet-4-5', thinking_tokens: 2048 },
    prices: { input: 3, output: 15, cache_read: 0.3 },
  },
  { engine: 'claude-code', model: 'opus' },
  { engine: 'openclaw', dialect: 'openai', model: 'gpt-5' },
]

test('an agent that is opened and saved again is what it was', () => {
  for (const engine of engines) {
    const draft = draftOf(agent(engine), 'Watch.')
    expect(draftProblem(draft)).toBeNull()
    expect(choiceOf(draft)).toEqual(engine)
    const description = descriptionOf(draft)
    expect(description).toEqual({ prompt: 'Watch.', engine, memory: { enabled: false, token_budget: 700 } })
    expect(AgentDescription.safeParse(description).success).toBe(true)
  }
})

test('built-in words are not written down', () => {
  expect(descriptionOf(draftOf(agent({ engine: 'llama' }, 'built_in'), 'You keep a server.'))).not.toHaveProperty(
    'prompt',
  )
})

test('another engine takes nothing along that it does not know', () => {
  const draft = { ...draftOf(agent(engines[3] as AgentView['engine']), ''), engine: 'claude-code' } as const
  expect(choiceOf(draft)).toEqual({
    engine: 'claude-code',
    model: 'claude-sonnet-4-5',
    prices: { input: 3, output: 15 },
  })
  expect(choiceOf({ ...draft, engine: 'llama' })).toEqual({ engine: 'llama' })
})

test('a draft says what it lacks', () => {
  const draft = { ...emptyDraft(), name: 'night' }
  expect(draftProblem(draft)).toBeNull()
  expect(draftProblem({ ...draft, name: 'Night Watch' })).toMatch(/lower-case/)
  expect(draftProblem({ ...draft, engine: 'openai' })).toMatch(/model/)
  expect(draftProblem({ ...draft, outputTokens: 'many' })).toMatch(/number/)
  expect(draftProblem({ ...draft, engine: 'openai', model: 'm', priceIn: '3' })).toMatch(/both prices/)
})
