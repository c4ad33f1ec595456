import type { getAgent, putAgent, testEngine } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { Form } from '../forms/form.tsx'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { engine as words } from '../strings/engine.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Shown } from '../ui/states.tsx'
import { AgentFields } from './agent-fields.tsx'
import { choiceOf, type Draft, descriptionOf, draftOf, draftProblem, emptyDraft } from './draft.ts'
import { credentialMisfit, dialectOf } from './fits.ts'
import type { AgentListing, AgentView, CredentialView, EngineView } from './views.ts'

export interface AgentDialogProps {
  /** Null for a new one. */
  readonly agent: AgentView | null
  /** Of agents.json as it was read: a change on top of somebody else's is refused. */
  readonly digest: AgentListing['digest']
  readonly engines: readonly EngineView[]
  readonly credentials: readonly CredentialView[]
  readonly changed: () => void
  readonly close: () => void
}

/** One agent, to be written or changed. */
export function AgentDialog(props: AgentDialogProps) {
  const { agent, close } = props
  const { api } = useSigned()
  const draft = useResource(async (signal) => {
    if (agent === null) return emptyDraft()
    const { prompt, ...view } = await api.ask<typeof getAgent>('GET', '/api/v1/agents/{agent}', {
      params: { agent: agent.name },
      signal,
    })
    return draftOf(view, prompt)
  })
  const title = agent === null ? words.form.addTitle : words.form.editTitle(agent.name)
  return (
    <Dialog title={title} close={close} kind="drawer wide">
      <Shown resource={draft} what={words.form.reading}>
        {(first) => <AgentForm first={first} {...props} />}
      </Shown>
    </Dialog>
  )
}

function AgentForm({
  first,
  agent,
  digest,
  engines,
  credentials,
  changed,
  close,
}: AgentDialogProps & { first: Draft }) {
  const { api } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const draft = useSignal(first)
  const unready = draftProblem(draft.value) ?? payProblem(draft.value, engines, credentials)
  const send = async () => {
    const { name } = draft.value
    const done = await doing.run(async () => {
      await api.ask<typeof putAgent>('PUT', '/api/v1/agents/{agent}', {
        params: { agent: name },
        query: digest === null ? {} : { if_digest: digest },
        body: descriptionOf(draft.value),
      })
    })
    if (!done) return
    toasts.good(words.agents.saved(name))
    changed()
    close()
  }
  const test = () =>
    doing.run(async () => {
      const body = choiceOf(draft.value)
      const { took_ms } = await api.ask<typeof testEngine>('POST', '/api/v1/engines/test', { body })
      toasts.good(words.form.tested(Math.round(took_ms)))
    })
  const tryIt = (
    <button
      type="button"
      aria-disabled={unready !== null || doing.busy.value}
      onClick={() => {
        if (unready === null) void test()
      }}
    >
      {words.form.test}
    </button>
  )
  return (
    <Form doing={doing} act={words.form.act} unready={unready} send={() => void send()} cancel={close} acts={tryIt}>
      <AgentFields
        draft={draft.value}
        change={(part) => {
          draft.value = { ...draft.value, ...part }
        }}
        agent={agent}
        engines={engines}
        credentials={credentials}
      />
    </Form>
  )
}

/** Why the chosen credential cannot pay for the chosen engine: it may have fitted the engine that was chosen before. */
function payProblem(
  { pays, engine: kind, dialect }: Draft,
  engines: readonly EngineView[],
  credentials: readonly CredentialView[],
): string | null {
  const credential = credentials.find(({ id }) => id === pays)
  const engine = engines.find(({ engine: other }) => other === kind)
  const spoken = dialectOf(kind, dialect)
  if (credential === undefined || engine === undefined || spoken === null) return null
  const misfit = credentialMisfit(engine, spoken, credential)
  return misfit === null ? null : words.form.cannotPay(misfit)
}
