import type { getAgentCard, getHealth, getLedgerHead } from '@castellan/contracts/api'
import type { ComponentChildren } from 'preact'
import { exactTime } from '../cards/time.ts'
import { duration } from '../cards/units.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { appearance as words } from '../strings/appearance.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'

const TONES = {
  ...{ ready: 'good', starting: 'warn', loading: 'warn', degraded: 'warn' },
  ...{ stopping: 'warn', failed: 'bad', unavailable: 'bad' },
} as const

/** Which Castellan this is, where it answers, and how its processes are. */
export function AboutPanel() {
  const { api } = useSigned()
  const { clock } = usePage()
  const about = useResource(async (signal) => {
    const [health, card, log] = await Promise.all([
      api.ask<typeof getHealth>('GET', '/api/v1/health', { signal }),
      api.ask<typeof getAgentCard>('GET', '/.well-known/agent-card.json', { signal }),
      // Without its ledger agentd still has a state to tell.
      api.ask<typeof getLedgerHead>('GET', '/api/v1/ledger/head', { signal }).catch(() => null),
    ])
    return { health, addresses: card.supportedInterfaces.map(({ url }) => url), log: log?.origin ?? null }
  })
  return (
    <Panel title={words.about}>
      <Shown resource={about} what={words.aboutWhat}>
        {({ health: { version, started_at, agentd, engine, airlock }, addresses, log }) => (
          <dl class="explained">
            <Fact name={words.version}>{version}</Fact>
            {log !== null && (
              <Fact name={words.instance}>
                <code>{log}</code>
              </Fact>
            )}
            <Fact name={words.addresses}>
              {[location.origin, ...addresses].map((address) => (
                <code key={address} class="address">
                  {address}
                </code>
              ))}
            </Fact>
            <Fact name={words.up}>
              {words.upSince(
                duration(Math.max(0, clock.value - Date.parse(started_at))),
                exactTime(Date.parse(started_at)),
              )}
            </Fact>
            <Fact name={words.processes}>
              <Process name={words.names.gateway} state="ready" />
              <Process name={words.names.agentd} state={agentd} />
              <Process name={words.names.engine} state={engine} />
              <Process name={words.names.airlock} state={airlock} />
            </Fact>
          </dl>
        )}
      </Shown>
    </Panel>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Process({ name, state }: { readonly name: string; readonly state: keyof typeof TONES }) {
  return (
    <span class="process">
      {name} <span class={`pill ${TONES[state]}`}>{words.states[state]}</span>
    </span>
  )
}
