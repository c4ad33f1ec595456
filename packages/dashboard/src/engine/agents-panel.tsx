import type { deleteAgent } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { engine as words } from '../strings/engine.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { AgentDialog } from './agent-dialog.tsx'
import { DEFAULT_MEMORY_TOKENS } from './draft.ts'
import type { AgentListing, AgentView, CredentialListing, EngineListing } from './views.ts'

export interface AgentsPanelProps {
  readonly agents: Resource<AgentListing>
  readonly engines: Resource<EngineListing>
  readonly credentials: Resource<CredentialListing>
}

/** Whoever can be talked to. `null` in `open`: a new one is being written. */
export function AgentsPanel({ agents, engines, credentials }: AgentsPanelProps) {
  const open = useSignal<AgentView | null | undefined>(undefined)
  const state = agents.state.value
  const digest = state.kind === 'ready' ? state.value.digest : null
  const engineState = engines.state.value
  const paid = credentials.state.value
  const add = (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        open.value = null
      }}
    >
      {words.agents.add}
    </button>
  )
  return (
    <Panel title={words.agents.title} acts={add}>
      <Shown resource={agents} what={words.agents.what}>
        {({ items, problem }) => (
          <>
            {problem !== null && <p class="note problem">{words.agents.problem(problem)}</p>}
            <ul class="things">
              {items.map((agent) => (
                <AgentRow
                  key={agent.name}
                  agent={agent}
                  digest={digest}
                  edit={() => {
                    open.value = agent
                  }}
                  changed={() => void agents.reload()}
                />
              ))}
            </ul>
          </>
        )}
      </Shown>
      {open.value !== undefined && engineState.kind === 'ready' && (
        <AgentDialog
          agent={open.value}
          digest={digest}
          engines={engineState.value.items}
          credentials={paid.kind === 'ready' ? paid.value.items : []}
          changed={() => void agents.reload()}
          close={() => {
            open.value = undefined
          }}
        />
      )}
    </Panel>
  )
}

function AgentRow(props: {
  readonly agent: AgentView
  readonly digest: AgentListing['digest']
  readonly edit: () => void
  readonly changed: () => void
}) {
  const { agent, digest, edit, changed } = props
  const { name, title, is_default, prompt_source, engine, memory } = agent
  const { api } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const remove = () =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...words.removeAgent, title: words.removeAgent.title(name), danger: true }))) {
        return
      }
      const query = digest === null ? {} : { if_digest: digest }
      await api.ask<typeof deleteAgent>('DELETE', '/api/v1/agents/{agent}', { params: { agent: name }, query })
      toasts.good(words.agents.removed(name))
      changed()
    })
  const output = 'max_output_tokens' in engine ? engine.max_output_tokens : undefined
  const facts = [
    words.agents.prompt[prompt_source],
    memory.enabled !== false
      ? words.agents.memory(memory.token_budget ?? DEFAULT_MEMORY_TOKENS)
      : words.agents.noMemory,
    ...(output === undefined ? [] : [words.agents.output(output)]),
    ...(engine.engine === 'llama' ? [words.agents.free] : []),
  ]
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">
          {title ?? name} {title !== null && <code>{name}</code>}
          {is_default && <span class="pill good">{words.agents.isDefault}</span>}
        </p>
        <p class="thing-about">
          {words.engineNames[engine.engine]}
          {'model' in engine && (
            <>
              {', '}
              <code>{engine.model}</code>
            </>
          )}
        </p>
        <p class="thing-about">{facts.join(' · ')}</p>
      </div>
      <div class="thing-acts">
        <button
          type="button"
          class="quiet"
          aria-label={words.credentials.actOn(words.agents.edit, name)}
          onClick={edit}
        >
          {words.agents.edit}
        </button>
        {!is_default && (
          <button
            type="button"
            class="quiet"
            aria-label={words.credentials.actOn(words.agents.remove, name)}
            onClick={() => void remove()}
          >
            {words.agents.remove}
          </button>
        )}
      </div>
    </li>
  )
}
