import { ScrollRegion } from '../theme/scroll-region.tsx'

/** A unified diff. Its signs stay, so that colour is not all that tells added from removed. */
export function Diff({ diff, label }: { readonly diff: string; readonly label: string }) {
  return (
    <ScrollRegion class="diff" label={label}>
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
  )
}

function kindOf(line: string): string | undefined {
  if (line.startsWith('+++') || line.startsWith('---')) return 'file'
  if (line.startsWith('@@')) return 'hunk'
  if (line.startsWith('+')) return 'added'
  return line.startsWith('-') ? 'removed' : undefined
}
