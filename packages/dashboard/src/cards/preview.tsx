import type { ToolPreview } from '@castellan/contracts'
import { strings } from '../strings.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'

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
      {diff !== undefined && <Diff diff={diff} />}
      <p class="undo-note">
        <span class="part-name">{strings.approval.undo}</span> {undo}
      </p>
    </div>
  )
}

/** A unified diff. Its signs stay, so that colour is not all that tells added from removed. */
function Diff({ diff }: { readonly diff: string }) {
  return (
    <>
      <p class="part-name">{strings.approval.diff}</p>
      <ScrollRegion class="diff" label={strings.approval.diff}>
        <pre>
          {diff
            .replace(/\n$/, '')
            .split('\n')
            .map((line, position) => (
              <span key={position} class={kindOf(line)}>
                {`${line}\n`}
              </span>
            ))}
        </pre>
      </ScrollRegion>
    </>
  )
}

function kindOf(line: string): string | undefined {
  if (line.startsWith('+++') || line.startsWith('---')) return 'file'
  if (line.startsWith('@@')) return 'hunk'
  if (line.startsWith('+')) return 'added'
  return line.startsWith('-') ? 'removed' : undefined
}
