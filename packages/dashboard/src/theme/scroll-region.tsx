import type { ComponentChildren } from 'preact'

export interface ScrollRegionProps {
  readonly class: string
  /** What a screen reader calls it. */
  readonly label: string
  readonly children: ComponentChildren
}

/** A place whose content may be larger than itself. It takes the focus, so that the arrow keys can scroll it. */
export function ScrollRegion({ class: name, label, children }: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1; without the focus only a pointer could scroll it
    <section class={name} aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
