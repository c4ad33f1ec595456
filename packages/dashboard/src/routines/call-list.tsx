import { ArgumentList } from '../cards/arguments.tsx'
import { routines as words } from '../strings/routines.ts'
import type { RoutineCall } from './views.ts'

export interface CallListProps {
  readonly calls: readonly RoutineCall[]
  /** Titles of tools by name. */
  readonly titles: ReadonlyMap<string, string>
}

/** What a routine calls, in order, with the arguments a click away. */
export function CallList({ calls, titles }: CallListProps) {
  return (
    <ol class="routine-calls" aria-label={words.calls}>
      {calls.map(({ tool, args }, position) => (
        <li key={position}>
          {Object.keys(args).length === 0 ? (
            <ToolName tool={tool} titles={titles} />
          ) : (
            <details class="more">
              <summary>
                <ToolName tool={tool} titles={titles} />
              </summary>
              <ArgumentList args={args} name={tool} />
            </details>
          )}
        </li>
      ))}
    </ol>
  )
}

function ToolName({ tool, titles }: { readonly tool: string; readonly titles: CallListProps['titles'] }) {
  const title = titles.get(tool)
  return (
    <>
      {title !== undefined && `${title} `}
      <code>{tool}</code>
    </>
  )
}
