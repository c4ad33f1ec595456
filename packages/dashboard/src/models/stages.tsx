import { models as words } from '../strings/models.ts'
import { Check, Cross, Dash, Hand } from '../theme/icons.tsx'
import type { Stage } from './views.ts'

const TONES = { passed: 'good', noted: 'warn', skipped: '', refused: 'bad' } as const
const ICONS = { passed: Check, noted: Hand, skipped: Dash, refused: Cross } as const

export interface StagesProps {
  readonly label: string
  readonly stages: readonly Stage[]
  /** The stage that is at work; null where none is. */
  readonly running: string | null
}

/** What each stage of the quarantine said, in their order, with why. */
export function Stages({ label, stages, running }: StagesProps) {
  return (
    <ol class="stages" aria-label={label}>
      {stages.map(({ stage, result, summary, findings: all = [] }) => {
        const Icon = ICONS[result]
        const findings = all.filter((finding) => finding !== summary)
        return (
          <li key={stage} class={`stage-row ${TONES[result]}`}>
            <span class="stage-mark">
              <Icon />
            </span>
            <div class="thing-what">
              <p class="stage-name">
                {stage} <span class="thing-about">{words.imports.results[result]}</span>
              </p>
              <p class="thing-about">{summary}</p>
              {findings.length > 0 && (
                <ul class="findings">
                  {findings.map((finding, position) => (
                    <li key={position}>{finding}</li>
                  ))}
                </ul>
              )}
            </div>
          </li>
        )
      })}
      {running !== null && (
        <li class="stage-row">
          <span class="stage-mark">
            <span class="spinner" />
          </span>
          <p class="stage-name">
            {running} <span class="thing-about">{words.imports.results.running}</span>
          </p>
        </li>
      )}
    </ol>
  )
}
