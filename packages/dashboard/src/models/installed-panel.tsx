import type { useModel } from '@castellan/contracts/api'
import { outcomeOf } from '../acts/acts.ts'
import { bytes } from '../cards/units.ts'
import { useTry } from '../forms/doing.ts'
import { usePage, useSigned } from '../page.ts'
import { models as words } from '../strings/models.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import type { LoadedPanelProps } from './loaded-panel.tsx'
import { Stages } from './stages.tsx'
import { countText, type ImportedModel } from './views.ts'

/** The models that the quarantine let in. */
export function InstalledPanel({ models, free }: LoadedPanelProps) {
  return (
    <Panel title={words.installed.title}>
      <Shown resource={models} what={words.loaded.what}>
        {({ items, loaded }) =>
          items.length === 0 ? (
            <Empty title={words.installed.none}>{words.installed.noneLead}</Empty>
          ) : (
            <ul class="things">
              {items.map((model) => (
                <ModelRow
                  key={model.id}
                  model={model}
                  // What the loaded one takes is free once another takes its place.
                  room={free === null ? null : free + (loaded?.memory_bytes ?? 0)}
                  changed={() => void models.reload()}
                />
              ))}
            </ul>
          )
        }
      </Shown>
    </Panel>
  )
}

interface ModelRowProps {
  readonly model: ImportedModel
  readonly room: number | null
  readonly changed: () => void
}

function ModelRow({ model, room, changed }: ModelRowProps) {
  const { id, name, active, removed, sizeBytes, architecture, parameters, contextTokens, pinned, signer } = model
  const { api, acts } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const use = () =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...words.use, title: words.use.title(name) }))) return
      await api.ask<typeof useModel>('POST', '/api/v1/models/active', { body: { id } })
      toasts.good(words.installed.inUse(name))
      changed()
    })
  const remove = () =>
    attempt(async () => {
      const { ok, text } = outcomeOf(await acts.call('model_remove', { id }))
      if (!ok) throw new Error(text)
      toasts.good(words.installed.outOfUse(name))
      changed()
    })
  const facts = [
    ...(architecture === '' ? [] : [architecture]),
    words.loaded.parameters(countText(parameters)),
    words.loaded.context(contextTokens),
    signer == null ? (pinned ? words.installed.pinned : words.installed.unpinned) : words.installed.signed(signer),
  ]
  const tooLarge = room !== null && sizeBytes > room
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">
          {name} {active && <span class="pill good">{words.installed.active}</span>}
          {removed && <span class="pill">{words.installed.removed}</span>}
        </p>
        <p class="thing-about">{facts.join(' · ')}</p>
        {room !== null && (
          <p class={tooLarge ? 'thing-about bad' : 'thing-about'}>
            {(tooLarge ? words.installed.tooLarge : words.installed.fits)(bytes(sizeBytes), bytes(room))}
          </p>
        )}
        <p class="thing-about">
          {words.installed.from(model.declaredSource ?? model.source)} · <When at={model.importedAt} />
        </p>
        {model.stages.length > 0 && (
          <details class="more">
            <summary>{words.installed.verdicts}</summary>
            <Stages label={words.imports.stages(name)} stages={model.stages} running={null} />
          </details>
        )}
      </div>
      {!removed && (
        <div class="thing-acts">
          {!active && (
            <button
              type="button"
              class="quiet"
              aria-label={words.installed.actOn(words.installed.use, name)}
              onClick={() => void use()}
            >
              {words.installed.use}
            </button>
          )}
          <button
            type="button"
            class="quiet"
            aria-label={words.installed.actOn(words.installed.remove, name)}
            onClick={() => void remove()}
          >
            {words.installed.remove}
          </button>
        </div>
      )}
    </li>
  )
}
