import { ArgumentList } from '../cards/arguments.tsx'
import type { ToolSummary } from '../live/tools.ts'
import { routines as words } from '../strings/routines.ts'
import type { RoutineCall } from './views.ts'

export interface CallListProps {
  readonly calls: readonly RoutineCall[]
  /** By name, as far as they are known. */
  readonly tools: ReadonlyMap<string, ToolSummary>
}

/** What a routine calls, in order, with the arguments a click away. */
export function CallList({ calls, tools }: CallListProps) {
  return (
    <ol class="routine-calls" aria-label={words.calls}>
      {calls.map(({ tool, args }, position) => (
        <li key={position}>
          {Object.keys(args).length === 0 ? (
            <ToolName tool={tool} tools={tools} />
          ) : (
            <details class="more">
              <summary>
                <ToolName tool={tool} tools={tools} />
              </summary>
              <ArgumentList args={args} name={tool} />
            </details>
          )}
        </li>
      ))}
    </ol>
  )
}

function ToolName({ tool, tools }: { readonly tool: string } & Pick<CallListProps, 'tools'>) {
  const title = tools.get(tool)?.title
  return (
    <>
      {title !== undefined && `${title} `}
      <code>{tool}</code>
    </>
  )
}
