import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

export interface PageFrameProps {
  readonly title: string
  /** One sentence under the title. */
  readonly lead?: ComponentChildren
  /** Buttons beside the title. */
  readonly acts?: ComponentChildren
  readonly children: ComponentChildren
  /** Uses the whole width and height, and scrolls inside itself. */
  readonly full?: boolean
}

/** A page's frame: its name, what one does there, and the page. The name takes the focus, so that a screen reader says where it is. */
export function PageFrame({ title, lead, acts, children, full = false }: PageFrameProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Castellan`
    heading.current?.focus({ preventScroll: true })
  }, [title])
  return (
    <main class={full ? 'frame full' : 'frame'} id="main">
      <header class="frame-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p class="frame-lead">{lead}</p>}
        </div>
        {acts !== undefined && <div class="frame-acts">{acts}</div>}
      </header>
      {children}
    </main>
  )
}

/** A part of a page on a ground of its own. */
export function Panel(props: {
  readonly title: string
  readonly acts?: ComponentChildren
  readonly class?: string
  readonly children: ComponentChildren
}) {
  const { title, acts, children } = props
  return (
    <section class={`panel ${props.class ?? ''}`} aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {acts}
      </div>
      {children}
    </section>
  )
}
