import { useLayoutEffect, useRef } from 'preact/hooks'
import { strings } from '../strings.ts'
import type { Completion } from './completion.ts'

export interface CompletionListProps {
  readonly id: string
  readonly offers: readonly Completion[]
  readonly chosen: number
  /** The pointer is over this one. */
  readonly point: (position: number) => void
  readonly choose: (position: number) => void
}

/** The commands that fit what was typed. The focus stays in the input, which names the chosen one. */
export function CompletionList({ id, offers, chosen, point, choose }: CompletionListProps) {
  const list = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' }), [chosen])
  return (
    <div class="completions" ref={list} id={id} role="listbox" tabIndex={-1} aria-label={strings.commands.title}>
      {offers.map(({ insert, usage, purpose }, position) => (
        <div
          key={insert}
          id={`${id}-${position}`}
          role="option"
          tabIndex={-1}
          aria-selected={position === chosen}
          onPointerMove={() => point(position)}
          onPointerDown={(event) => {
            // Before the input loses the focus.
            event.preventDefault()
            choose(position)
          }}
        >
          <code>{usage}</code> <span>{purpose}</span>
        </div>
      ))}
    </div>
  )
}
