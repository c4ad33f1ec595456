import type { ToolPreview } from '@castellan/contracts'
import { strings } from '../strings.ts'
import { Diff } from '../ui/diff.tsx'

export interface PreviewProps {
  readonly preview: ToolPreview | null
  /** Why there is none. */
  readonly problem: string | null
}

/** What a call would do, in the words of its tool. All of it is text: nothing in it is a link, markup or an instruction. */
export function Preview({ preview, problem }: PreviewProps) {
  if (preview === null) return problem === null ? null : <p class="note">{strings.approval.noPreview(problem)}</p>
  const { effects, diff, undo } = preview
  return (
    <div class="preview">
      {effects.length > 0 && (
        <>
          <p class="part-name">{strings.approval.effects}</p>
          <ul class="effects">
            {effects.map((effect, position) => (
              <li key={position}>{effect}</li>
            ))}
          </ul>
        </>
      )}
      {diff !== undefined && (
        <>
          <p class="part-name">{strings.approval.diff}</p>
          <Diff diff={diff} label={strings.approval.diff} />
        </>
      )}
      <p class="undo-note">
        <span class="part-name">{strings.approval.undo}</span> {undo}
      </p>
    </div>
  )
}
