import { useSignal } from '@preact/signals'
import { useAct } from '../acts/use-act.ts'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import { usePage } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { routines } from '../strings/routines.ts'
import { watchers as words } from '../strings/watchers.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { AddWatcher } from './add-watcher.tsx'
import type { WatcherView } from './views.ts'

/** What the server keeps an eye on. Looks are not on record, only turns are: what was found since the last turn, a reading shows. */
export function WatchersPanel({ watchers }: { readonly watchers: Resource<readonly WatcherView[]> }) {
  const adding = useSignal(false)
  const reload = () => void watchers.reload()
  return (
    <Panel
      title={words.title}
      acts={
        <div class="thing-acts">
          <button type="button" class="quiet" onClick={reload}>
            {words.again}
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              adding.value = true
            }}
          >
            {words.add}
          </button>
        </div>
      }
    >
      <Shown resource={watchers} what={words.what}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={words.none}>{words.noneLead}</Empty>
          ) : (
            <ul class="things">
              {items.map((watcher) => (
                <WatcherRow key={watcher.name} watcher={watcher} changed={reload} />
              ))}
            </ul>
          )
        }
      </Shown>
      {adding.value && (
        <AddWatcher
          added={reload}
          close={() => {
            adding.value = false
          }}
        />
      )}
    </Panel>
  )
}

const TONES = { unknown: '', healthy: 'good', failing: 'warn', escalated: 'bad' } as const

function WatcherRow({ watcher, changed }: { readonly watcher: WatcherView; readonly changed: () => void }) {
  const { name, description, check, everySeconds, state, since, message, failedLooks, failures, declared } = watcher
  const act = useAct()
  const { confirmations } = usePage()
  const attempt = useTry()
  const remove = () =>
    attempt(async () => {
      const { removal } = words
      const question = { ...removal, title: removal.title(name), effects: removal.effects(check), danger: true }
      if (!(await confirmations.ask(question))) return
      await act('watcher_remove', { name }, removal.done(name))
      changed()
    })
  return (
    <li class="thing watcher">
      <div class="thing-what">
        <h3 class="thing-name">
          {name} <span class={`pill ${TONES[state]}`}>{words.states[state]}</span>
          {declared && <span class="pill">{routines.declared}</span>}
        </h3>
        {description !== '' && <p class="routine-for">{description}</p>}
        <p class="thing-about">{words.looks(check, everySeconds)}</p>
        {message !== '' && (
          <p class={state === 'failing' || state === 'escalated' ? 'thing-about bad' : 'thing-about'}>
            {words.found} {message}
          </p>
        )}
        {state !== 'unknown' && (
          <p class="thing-about">
            {words.since} <When at={since} />
            {failedLooks > 0 && ` · ${words.failed(failedLooks, failures)}`}
            {' · '}
            <a href={addressOf('ledger', { query: { actor: name } })} aria-label={words.on(words.record, name)}>
              {words.record}
            </a>
          </p>
        )}
        <Ladder watcher={watcher} />
        {declared ? (
          <p class="thing-about">
            {routines.declaredLead} <code>{routines.declaredAt('watchers', name)}</code>
          </p>
        ) : (
          <p class="thing-about">{watcher.agreed ? words.agreed : words.asks}</p>
        )}
      </div>
      {!declared && (
        <div class="thing-acts">
          <button type="button" class="quiet" aria-label={words.on(words.remove, name)} onClick={() => void remove()}>
            {words.remove}
          </button>
        </div>
      )}
    </li>
  )
}

/** What is done about it, and how far it came. */
function Ladder({ watcher }: { readonly watcher: WatcherView }) {
  const { name, ladder, stepsTaken, failures, graceSeconds, state } = watcher
  const wrong = state === 'failing' || state === 'escalated'
  return (
    <>
      <p class="thing-about">{words.ladderLead(failures, ladder.length, graceSeconds)}</p>
      <ol class="ladder" aria-label={words.ladder(name)}>
        {ladder.map((step, position) => (
          <li key={position} class={position < stepsTaken ? 'taken' : ''}>
            {step} {position < stepsTaken && <span class="pill bad">{words.taken}</span>}
            {wrong && position === stepsTaken && <span class="pill warn">{words.next}</span>}
          </li>
        ))}
      </ol>
      {wrong && stepsTaken === ladder.length && <p class="thing-about bad">{words.exhausted}</p>}
    </>
  )
}
