import { useMemo } from 'preact/hooks'
import { bytes, duration } from '../cards/units.ts'
import type { EntryRecord } from '../entries/entry.ts'
import { readByTool } from '../live/reading.ts'
import { type Resource, useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { overview as words } from '../strings/overview.ts'
import { browserStorage } from '../theme/appearance.ts'
import { PageFrame, Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { briefing } from './briefing.ts'
import type { Disks, Health, Services } from './figures.ts'
import { Plots } from './plots.tsx'
import { Seen, Since, useNotable } from './since.tsx'
import { WaitingPanel } from './waiting.tsx'

/** How the server is, at a glance. */
export function OverviewPage() {
  const { api } = useSigned()
  const health = useResource((signal) => readByTool<Health>(api, 'system_health', {}, signal))
  const disks = useResource((signal) => readByTool<Disks>(api, 'disk_usage', {}, signal))
  const notable = useNotable()
  const seen = useMemo(() => new Seen(browserStorage()), [])
  return (
    <PageFrame title={words.title} lead={words.lead}>
      <Shown resource={health} what={words.health}>
        {(found) => <Verdict health={found} />}
      </Shown>
      <div class="panels overview">
        <Since notable={notable} seen={seen} />
        <div class="stack">
          <WaitingPanel />
          <Briefing notable={notable} disks={disks} />
        </div>
        <Plots />
        <DisksPanel disks={disks} />
        <ServicesPanel health={health} />
      </div>
    </PageFrame>
  )
}

const TONES = { ok: 'good', warning: 'warn', critical: 'bad' } as const

function Verdict({ health }: { readonly health: Health }) {
  return (
    <div class={`verdict ${TONES[health.verdict]}`}>
      <span class="dot" aria-hidden="true" />
      <strong>{words.verdict[health.verdict]}</strong>
      <span class="verdict-up">{words.up(duration(health.uptimeSeconds * 1000))}</span>
      {health.findings.length > 0 && (
        <ul>
          {health.findings.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Briefing(props: { readonly notable: Resource<readonly EntryRecord[]>; readonly disks: Resource<Disks> }) {
  const disks = props.disks.state.value
  return (
    <Panel title={words.briefing}>
      <Shown resource={props.notable} what={words.briefing}>
        {(records) => (
          <div class="briefing">
            {briefing(records, disks.kind === 'ready' ? disks.value : null).map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
            <p class="more-link">
              <a href={addressOf('timeline')}>{words.brief.axis}</a>
            </p>
          </div>
        )}
      </Shown>
    </Panel>
  )
}

function DisksPanel({ disks }: { readonly disks: Resource<Disks> }) {
  return (
    <Panel title={words.disks}>
      <Shown resource={disks} what={words.disks}>
        {({ fileSystems }) => (
          <ul class="bars">
            {fileSystems.map(({ mountPoint, usedPercent, availableBytes, totalBytes }) => (
              <li key={mountPoint}>
                <span class="bar-name">{mountPoint}</span>
                <span class="number">{Math.round(usedPercent)} %</span>
                <svg class={barTone(usedPercent)} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="bar-ground" width="100" height="4" />
                  <rect class="bar-fill" width={usedPercent} height="4" />
                </svg>
                <span class="note">{words.diskState(bytes(availableBytes), bytes(totalBytes))}</span>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </Panel>
  )
}

function barTone(percent: number): string {
  return percent >= 90 ? 'long-bar bad' : percent >= 75 ? 'long-bar warn' : 'long-bar'
}

function ServicesPanel({ health }: { readonly health: Resource<Health> }) {
  const { api } = useSigned()
  const running = useResource((signal) =>
    readByTool<Services>(api, 'service_list', { state: 'running', limit: 1 }, signal),
  )
  return (
    <Panel title={words.services}>
      <Shown resource={health} what={words.services}>
        {({ failedServices, servicesNote }) => {
          if (failedServices === null) return <p class="note">{servicesNote ?? words.servicesUnknown}</p>
          return (
            <>
              <p>{failedServices.length === 0 ? words.servicesFine : words.servicesFailed(failedServices.length)}</p>
              <ul class="failed-services">
                {failedServices.map((unit) => (
                  <li key={unit}>
                    <span class="pill bad">{unit}</span>
                  </li>
                ))}
              </ul>
              {running.state.value.kind === 'ready' && (
                <p class="note">{words.running(running.state.value.value.matching)}</p>
              )}
            </>
          )
        }}
      </Shown>
    </Panel>
  )
}
