import { useSignal } from '@preact/signals'
import { bytes } from '../cards/units.ts'
import type { Resource } from '../live/resource.ts'
import { models as words } from '../strings/models.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { ImportModel } from './import-model.tsx'
import { Stages } from './stages.tsx'
import type { Import } from './views.ts'

export interface ImportsPanelProps {
  readonly imports: Resource<readonly Import[]>
  /** A model was let in, perhaps. */
  readonly changed: () => void
}

const TONES = {
  ...{ claiming: 'warn', examining: 'warn', promoting: 'warn' },
  ...{ trusted: 'good', refused: 'bad', interrupted: '' },
} as const

/** What passed through the quarantine, and how far what is there has come. */
export function ImportsPanel({ imports, changed }: ImportsPanelProps) {
  const adding = useSignal(false)
  const looked = () => {
    void imports.reload()
    changed()
  }
  return (
    <Panel
      title={words.imports.title}
      acts={
        <div class="thing-acts">
          <button type="button" class="quiet" onClick={looked}>
            {words.imports.again}
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              adding.value = true
            }}
          >
            {words.imports.add}
          </button>
        </div>
      }
    >
      <Shown resource={imports} what={words.imports.what}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={words.imports.none}>{words.imports.noneLead}</Empty>
          ) : (
            <ul class="things">
              {items.map((one) => (
                <ImportRow key={one.importId} one={one} />
              ))}
            </ul>
          )
        }
      </Shown>
      {adding.value && (
        <ImportModel
          looked={looked}
          close={() => {
            adding.value = false
          }}
        />
      )}
    </Panel>
  )
}

function ImportRow({ one }: { readonly one: Import }) {
  const { path, state, startedAt, sizeBytes, stage, stages, reason } = one
  const said = reason ?? (state === 'interrupted' ? words.imports.interrupted : null)
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">
          {path.split('/').at(-1)} <span class={`pill ${TONES[state]}`}>{words.imports.states[state]}</span>
        </p>
        <p class="thing-about">
          {path} · {bytes(sizeBytes)} · <When at={startedAt} />
        </p>
        {said !== null && <p class={state === 'refused' ? 'thing-about bad' : 'thing-about'}>{said}</p>}
        <Stages label={words.imports.stages(path)} stages={stages} running={stage} />
      </div>
    </li>
  )
}
