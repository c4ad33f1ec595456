import type { AnswerOf, listIncidents } from '@castellan/contracts/api'
import { type Signal, useSignal } from '@preact/signals'
import { SelectField } from '../forms/fields.tsx'
import type { Resource } from '../live/resource.ts'
import { security as words } from '../strings/security.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { IncidentDialog } from './incident-dialog.tsx'

export type IncidentListing = AnswerOf<typeof listIncidents>
export type IncidentView = IncidentListing['items'][number]
export type StateFilter = keyof typeof words.incidents.filters

export interface IncidentsPanelProps {
  readonly incidents: Resource<IncidentListing>
  readonly filter: Signal<StateFilter>
}

/** What went wrong, newest first. */
export function IncidentsPanel({ incidents, filter }: IncidentsPanelProps) {
  const open = useSignal<string | null>(null)
  const state = incidents.state.value
  const chosen = state.kind === 'ready' ? state.value.items.find(({ id }) => id === open.value) : undefined
  return (
    <Panel
      title={words.incidents.title}
      acts={
        <div class="compact-field">
          <SelectField
            label={words.incidents.filter}
            value={filter.value}
            options={Object.entries(words.incidents.filters).map(([value, label]) => ({ value, label }))}
            change={(value) => {
              filter.value = value as StateFilter
            }}
          />
        </div>
      }
    >
      <Shown resource={incidents} what={words.incidents.what}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={words.incidents.none}>{words.incidents.noneLead}</Empty>
          ) : (
            <ul class="things">
              {items.map((incident) => (
                <IncidentRow
                  key={incident.id}
                  incident={incident}
                  open={() => {
                    open.value = incident.id
                  }}
                />
              ))}
            </ul>
          )
        }
      </Shown>
      {chosen !== undefined && (
        <IncidentDialog
          incident={chosen}
          changed={() => void incidents.reload()}
          close={() => {
            open.value = null
          }}
        />
      )}
    </Panel>
  )
}

export const STATE_TONES = { open: 'bad', contained: 'warn', resolved: 'good' } as const
const SEVERITY_TONES = { low: '', medium: 'warn', high: 'bad', critical: 'bad' } as const

function IncidentRow({ incident, open }: { readonly incident: IncidentView; readonly open: () => void }) {
  const { class: kind, subject, summary, severity, state, count, lastAt } = incident
  return (
    <li>
      <button type="button" class="thing incident" onClick={open}>
        <span class="thing-what">
          <span class="thing-name">
            {words.classes[kind]} <span class={`pill ${STATE_TONES[state]}`}>{words.incidents.states[state]}</span>
            {severity !== undefined && (
              <span class={`pill ${SEVERITY_TONES[severity]}`}>{words.incidents.severities[severity]}</span>
            )}
          </span>
          <span class="thing-about">
            <code>{subject}</code> · {words.incidents.seen(count)} · <When at={lastAt} />
          </span>
          <span class="thing-about">{summary}</span>
        </span>
      </button>
    </li>
  )
}
