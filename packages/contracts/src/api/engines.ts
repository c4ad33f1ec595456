import { z } from 'zod'
import { EngineChoice, EngineKind, EngineModel, EngineView } from '../engines.ts'
import { CredentialId } from '../ids.ts'
import { defineOperation } from './operation.ts'

export const listEngines = defineOperation({
  id: 'listEngines',
  method: 'GET',
  path: '/api/v1/engines',
  tag: 'engines',
  summary: 'The engines, how each is, and how it can be paid for',
  description:
    'Looks at what is on this machine: whether a command is installed, whether a model is loaded, whether there is a credential ' +
    'that fits. No provider is asked; `testEngine` does that.',
  scope: 'read',
  status: 200,
  answer: z.strictObject({ items: z.array(EngineView) }),
  errors: [],
  example: {
    answer: {
      items: [
        {
          engine: 'llama',
          title: 'The model on this machine',
          outside: false,
          supported_auth: ['none'],
          state: 'ready',
          models: [{ name: 'castellan-interpreter', context_tokens: 512 }],
        },
      ],
    },
  },
})

export const testEngine = defineOperation({
  id: 'testEngine',
  method: 'POST',
  path: '/api/v1/engines/test',
  tag: 'engines',
  summary: 'Try an engine as an agent would use it',
  description:
    'What a change of an agent is held to before it counts: the credential is of a kind the engine takes, the provider answers ' +
    'with it, and knows the model. Asks the provider for its list of models, which costs nothing. Changes nothing.',
  scope: 'operate',
  body: EngineChoice,
  status: 200,
  answer: z.strictObject({
    engine: EngineKind,
    model: EngineModel.nullable(),
    /** The credential that was used; null where none was. */
    credential: CredentialId.nullable(),
    /** How long the engine took to answer, in milliseconds. */
    took_ms: z.number(),
  }),
  errors: ['engine_unsuitable'],
  example: {
    body: { engine: 'anthropic', model: 'claude-sonnet-4-5', provider: 'anthropic' },
    answer: {
      engine: 'anthropic',
      model: { name: 'claude-sonnet-4-5', context_tokens: null },
      credential: 'cred_l7XhJ0f3T3m4Yz1Q',
      took_ms: 312.5,
    },
  },
})
