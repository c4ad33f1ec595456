import { outcomeOf } from '../acts/acts.ts'
import { useAct } from '../acts/use-act.ts'
import { argumentText } from '../cards/argument-text.ts'
import { useTry } from '../forms/doing.ts'
import type { ToolSummary } from '../live/tools.ts'
import { usePage, useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { routines as words } from '../strings/routines.ts'
import { When } from '../ui/when.tsx'
import { CallList } from './call-list.tsx'
import { RunStrip } from './run-strip.tsx'
import { outcomeOfRun } from './runs.ts'
import type { RoutineView, Run } from './views.ts'
import { whenInWords } from './when-in-words.ts'

export interface RoutineRowProps {
  readonly routine: RoutineView
  readonly runs: readonly Run[]
  readonly running: boolean
  /** By name, as far as they are known. */
  readonly tools: ReadonlyMap<string, ToolSummary>
  readonly openHistory: () => void
  readonly changed: () => void
}

/** One routine: what it does, when, and how it went. */
export function RoutineRow({ routine, runs, running, tools, openHistory, changed }: RoutineRowProps) {
  const { name, description, calls, declared, nextRunAt, createdBy, jitterSeconds } = routine
  const [newest] = runs
  const when = whenInWords(routine)
  const reads = calls.every(({ tool }) => tools.get(tool)?.effect === 'read')
  // Who agreed matters to what changes something alone.
  const consent = reads ? words.reads : declared ? null : routine.agreed ? words.agreed : words.asks
  const pattern = 'cron' in routine.schedule ? routine.schedule.cron : null
  return (
    <li class="thing routine">
      <div class="thing-what">
        <h3 class="thing-name">
          {name} {running && <span class="pill warn">{words.running}</span>}
          <LastPill run={newest} />
          {declared && <span class="pill">{words.declared}</span>}
        </h3>
        {description !== '' && <p class="routine-for">{description}</p>}
        <p class="thing-about">
          {words.every(when)} {pattern !== null && pattern !== when && <code>{pattern}</code>}
          {jitterSeconds > 0 && ` · ${words.late(jitterSeconds)}`}
        </p>
        <p class="thing-about">
          {words.next} {nextRunAt === null ? words.noNext : <When at={nextRunAt} />}
          {newest !== undefined && (
            <>
              {' · '}
              {words.last}{' '}
              <a href={addressOf('ledger', { path: [String(newest.index)] })}>
                <When at={newest.at} />
              </a>{' '}
              {newest.code !== null && <code>{newest.code}</code>}
            </>
          )}
        </p>
        <CallList calls={calls} tools={tools} />
        <p class="thing-about">
          {createdBy === 'agentd' ? words.list.agentd : words.list.by(createdBy)}
          {consent !== null && ` · ${consent}`}
        </p>
        {declared && (
          <p class="thing-about">
            {words.declaredLead} <code>{words.declaredAt('routines', name)}</code>
          </p>
        )}
      </div>
      <div class="routine-end">
        {runs.length > 0 && <RunStrip name={name} runs={runs} />}
        <RoutineActs routine={routine} when={when} running={running} openHistory={openHistory} changed={changed} />
      </div>
    </li>
  )
}

const TONES = { good: 'good', bad: 'bad', skipped: 'warn' } as const

function LastPill({ run }: { readonly run: Run | undefined }) {
  if (run === undefined) return <span class="pill">{words.never}</span>
  const outcome = outcomeOfRun(run)
  return <span class={`pill ${TONES[outcome]}`}>{words.outcomes[outcome]}</span>
}

type ActsProps = Pick<RoutineRowProps, 'routine' | 'running' | 'openHistory' | 'changed'> & { readonly when: string }

function RoutineActs({ routine, when, running, openHistory, changed }: ActsProps) {
  const { name, calls, declared } = routine
  const { acts } = useSigned()
  const { confirmations, toasts } = usePage()
  const act = useAct()
  const attempt = useTry()
  const trigger = () =>
    attempt(async () => {
      const effects = calls.map(({ tool, args }) => words.trigger.effect(tool, argsText(args, MOST_SHOWN)))
      const question = {
        ...words.trigger,
        title: words.trigger.title(name),
        effects: [...effects, words.trigger.beside],
      }
      if (!(await confirmations.ask(question))) return
      const call = await acts.call('routine_trigger', { name })
      const { ok, text } = outcomeOf(call)
      if (!ok) throw new Error(text)
      const { ok: went, ledgerIndex } = resultOf(call.outcome)
      if (went)
        toasts.good(text, ledgerIndex === null ? undefined : addressOf('ledger', { path: [String(ledgerIndex)] }))
      else toasts.bad(text)
      changed()
    })
  const remove = () =>
    attempt(async () => {
      const { removal } = words
      const question = { ...removal, title: removal.title(name), effects: removal.effects(when), danger: true }
      if (!(await confirmations.ask(question))) return
      await act('routine_remove', { name }, removal.done(name))
      changed()
    })
  return (
    <div class="thing-acts">
      <button
        type="button"
        class="quiet"
        aria-label={words.on(words.run, name)}
        aria-disabled={running}
        onClick={() => {
          if (!running) void trigger()
        }}
      >
        {words.run}
      </button>
      <button type="button" class="quiet" aria-label={words.on(words.history, name)} onClick={openHistory}>
        {words.history}
      </button>
      {!declared && (
        <button type="button" class="quiet" aria-label={words.on(words.remove, name)} onClick={() => void remove()}>
          {words.remove}
        </button>
      )}
    </div>
  )
}

/** As the tool `routine_trigger` answers. */
function resultOf(outcome: unknown): { readonly ok: boolean; readonly ledgerIndex: number | null } {
  const { result } = outcome as { readonly result: { readonly ok: boolean; readonly ledgerIndex: number | null } }
  return result
}

/** Arguments longer than this many characters are cut in a question; the row has all of them. */
const MOST_SHOWN = 400

/** Arguments in one line, as they are, or `most` characters of them; empty where there are none. */
export function argsText(args: Readonly<Record<string, unknown>>, most = Number.POSITIVE_INFINITY): string {
  if (Object.keys(args).length === 0) return ''
  const text = argumentText(JSON.stringify(args))
  return text.length > most ? `${text.slice(0, most)}…` : text
}
