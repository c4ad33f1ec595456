import { CheckField, SelectField, TextField } from '../forms/fields.tsx'
import { engine as words } from '../strings/engine.ts'
import { ANY, anyOf, type Draft } from './draft.ts'
import { EngineChoices } from './engine-choices.tsx'
import { credentialMisfit, dialectOf } from './fits.ts'
import { knownProvider } from './prefix.ts'
import type { AgentView, CredentialView, EngineView } from './views.ts'

export interface AgentFieldsProps {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
  readonly agent: AgentView | null
  readonly engines: readonly EngineView[]
  readonly credentials: readonly CredentialView[]
}

/** The fields of an agent. Each engine shows those that mean something to it. */
export function AgentFields({ draft, change, agent, engines, credentials }: AgentFieldsProps) {
  const { form } = words
  const text = (key: 'title' | 'model' | 'outputTokens' | 'memoryTokens' | 'thinkingTokens', label: string) => (
    <TextField label={label} plain value={draft[key]} change={(value) => change({ [key]: value })} />
  )
  const isLocal = draft.engine === 'llama'
  const speaksItself = draft.engine !== 'claude-code' && draft.engine !== 'openclaw'
  return (
    <>
      <div class="field-row">
        {agent === null && (
          <TextField
            label={form.name}
            note={form.nameNote}
            plain
            value={draft.name}
            change={(name) => change({ name })}
            maxLength={32}
          />
        )}
        <TextField label={form.title} value={draft.title} change={(title) => change({ title })} maxLength={80} />
      </div>
      <EngineChoices draft={draft} change={change} agent={agent} engines={engines} />
      {draft.engine === 'openclaw' && (
        <SelectField
          label={form.dialect}
          value={draft.dialect}
          options={(['anthropic', 'openai'] as const).map((value) => ({ value, label: form.dialects[value] }))}
          change={(value) => change({ dialect: value as Draft['dialect'] })}
        />
      )}
      {isLocal ? (
        <p class="note">{form.noCredential}</p>
      ) : (
        <div class="field-row">
          <TextField
            label={form.model}
            note={form.modelNote}
            plain
            value={draft.model}
            change={(model) => change({ model })}
            maxLength={200}
          />
          <Payer draft={draft} change={change} engines={engines} credentials={credentials} />
        </div>
      )}
      <TextField
        label={form.prompt}
        note={agent?.prompt_source === 'file' ? form.promptFile : form.promptNote}
        lines={6}
        value={draft.prompt}
        change={(prompt) => change({ prompt })}
      />
      <fieldset>
        <legend>{form.budgets}</legend>
        <div class="field-row">
          {speaksItself && text('outputTokens', form.outputTokens)}
          {draft.engine === 'anthropic' && text('thinkingTokens', form.thinkingTokens)}
          {draft.memory && text('memoryTokens', form.memoryTokens)}
        </div>
        <CheckField label={form.memory} checked={draft.memory} change={(memory) => change({ memory })} />
      </fieldset>
      <More draft={draft} change={change} speaksItself={speaksItself} />
    </>
  )
}

function Payer({ draft, change, engines, credentials }: Omit<AgentFieldsProps, 'agent'>) {
  const engine = engines.find(({ engine: kind }) => kind === draft.engine)
  const dialect = dialectOf(draft.engine, draft.dialect)
  if (engine === undefined || dialect === null) return null
  const judged = credentials.map((credential) => ({
    credential,
    unfit: credentialMisfit(engine, dialect, credential),
  }))
  const providers = new Set(judged.filter(({ unfit }) => unfit === null).map(({ credential }) => credential.provider))
  if (draft.pays.startsWith(anyOf(''))) providers.add(draft.pays.slice(anyOf('').length))
  const options = [
    { value: ANY, label: words.form.any },
    ...[...providers].map((provider) => ({
      value: anyOf(provider),
      label: words.form.anyOf(knownProvider(provider)?.title ?? provider),
    })),
    ...judged.map(({ credential: { id, label }, unfit }) => ({ value: id, label, unfit })),
  ]
  return (
    <SelectField label={words.form.pays} value={draft.pays} options={options} change={(pays) => change({ pays })} />
  )
}

type MoreProps = Pick<AgentFieldsProps, 'draft' | 'change'> & { readonly speaksItself: boolean }

/** What most agents never need. */
function More({ draft, change, speaksItself }: MoreProps) {
  const { form } = words
  const number = (key: 'temperature' | 'contextTokens' | 'priceIn' | 'priceOut', label: string) => (
    <TextField label={label} plain value={draft[key]} change={(value) => change({ [key]: value })} />
  )
  const isLocal = draft.engine === 'llama'
  return (
    <details class="more">
      <summary>{isLocal ? form.temperature : form.more}</summary>
      {!isLocal && (
        <TextField
          label={form.address}
          plain
          value={draft.baseUrl}
          change={(baseUrl) => change({ baseUrl })}
          maxLength={1024}
        />
      )}
      <div class="field-row">
        {speaksItself && number('temperature', form.temperature)}
        {!isLocal && number('contextTokens', form.contextTokens)}
        {!isLocal && number('priceIn', form.priceIn)}
        {!isLocal && number('priceOut', form.priceOut)}
      </div>
      {!isLocal && <p class="note">{form.priceNote}</p>}
    </details>
  )
}
