import { SelectField, TextField } from '../forms/fields.tsx'
import { watchers } from '../strings/watchers.ts'
import type { StepDraft } from './watcher-draft.ts'

const words = watchers.form
/** As many as a watcher has. */
const MOST_STEPS = 6

export interface LadderFieldsProps {
  readonly ladder: readonly StepDraft[]
  readonly change: (ladder: readonly StepDraft[]) => void
}

/** What is done while it stays wrong, one step after the other. */
export function LadderFields({ ladder, change }: LadderFieldsProps) {
  const set = (id: number, part: Partial<StepDraft>) =>
    change(ladder.map((step) => (step.id === id ? { ...step, ...part } : step)))
  return (
    <fieldset>
      <legend>{words.ladder}</legend>
      {ladder.map(({ id, act, unit }, position) => (
        <div key={id} class="step-fields">
          <SelectField
            label={words.step(position + 1)}
            value={act}
            options={Object.entries(words.acts).map(([value, label]) => ({ value, label }))}
            change={(value) => set(id, { act: value as StepDraft['act'] })}
          />
          {act === 'restart' && (
            <TextField
              label={words.restartUnit(position + 1)}
              plain
              value={unit}
              change={(value) => set(id, { unit: value })}
            />
          )}
          {ladder.length > 1 && (
            <button type="button" class="quiet" onClick={() => change(ladder.filter((step) => step.id !== id))}>
              {words.dropStep(position + 1)}
            </button>
          )}
        </div>
      ))}
      {ladder.length < MOST_STEPS && (
        <button
          type="button"
          class="quiet add-more"
          onClick={() =>
            change([...ladder, { id: Math.max(...ladder.map(({ id }) => id)) + 1, act: 'notify', unit: '' }])
          }
        >
          {words.addStep}
        </button>
      )}
    </fieldset>
  )
}
