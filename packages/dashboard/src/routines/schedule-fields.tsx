import { dayAndTime } from '../cards/time.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { usePage } from '../page.ts'
import { routines } from '../strings/routines.ts'
import { cronInWords } from './cron-words.ts'
import { type RoutineDraft, scheduleOf } from './draft.ts'
import { preview, timezones } from './schedule.ts'

const words = routines.form
/** Runs that are shown before it is added. */
const SHOWN = 5

export interface ScheduleFieldsProps {
  readonly draft: RoutineDraft
  readonly change: (part: Partial<RoutineDraft>) => void
}

/** When it runs, and what that comes to. */
export function ScheduleFields({ draft, change }: ScheduleFieldsProps) {
  const { kind, amount, unit, cron, timezone } = draft
  return (
    <fieldset>
      <legend>{words.when}</legend>
      <div class="field-row">
        <SelectField
          label={words.kind}
          value={kind}
          options={(['pattern', 'interval'] as const).map((value) => ({ value, label: words.kinds[value] }))}
          change={(value) => change({ kind: value as RoutineDraft['kind'] })}
        />
        {kind === 'interval' && (
          <TextField label={words.amount} plain value={amount} change={(value) => change({ amount: value })} />
        )}
        {kind === 'interval' && (
          <SelectField
            label={words.unit}
            value={unit}
            options={Object.entries(words.units).map(([value, label]) => ({ value, label }))}
            change={(value) => change({ unit: value as RoutineDraft['unit'] })}
          />
        )}
        {kind === 'pattern' && (
          <SelectField
            label={words.zone}
            value={timezone}
            options={timezones().map((value) => ({ value, label: value }))}
            change={(value) => change({ timezone: value })}
          />
        )}
      </div>
      {kind === 'pattern' && (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend of its own */}
          <div class="presets" role="group" aria-label={words.presets}>
            {Object.entries(words.preset).map(([pattern, label]) => (
              <button
                key={pattern}
                type="button"
                class="quiet"
                aria-pressed={cron === pattern}
                onClick={() => change({ cron: pattern })}
              >
                {label}
              </button>
            ))}
          </div>
          <TextField
            label={words.pattern}
            note={words.patternNote}
            plain
            value={cron}
            maxLength={120}
            change={(value) => change({ cron: value })}
          />
        </>
      )}
      <NextRuns draft={draft} />
    </fieldset>
  )
}

/** The next runs, were it added now. */
function NextRuns({ draft }: { readonly draft: RoutineDraft }) {
  const { clock } = usePage()
  const schedule = scheduleOf(draft)
  if (schedule === null) return null
  const said = 'cron' in schedule ? cronInWords(schedule.cron) : null
  // To the minute: looked at anew each second, an interval would never stand still.
  const minute = Math.floor(clock.value / 60_000) * 60_000
  const coming = preview(schedule, minute, SHOWN)
  if (coming.kind !== 'due' || coming.at.length === 0) {
    const why = coming.kind === 'due' ? words.neverComes : words.noPreview[coming.kind]
    return (
      <p class={coming.kind === 'unread' ? 'note' : 'note problem'} role="status">
        {why}
      </p>
    )
  }
  return (
    <div class="next-runs">
      <p class="note">{said === null ? words.nextFive : words.nextBy(said)}</p>
      <ol>
        {coming.at.map((at) => (
          <li key={at}>
            <time dateTime={new Date(at).toISOString()}>{dayAndTime(at)}</time>
          </li>
        ))}
      </ol>
    </div>
  )
}
