import type { ComponentChildren } from 'preact'

export interface ScrollRegionProps {
  readonly class: string
  /** What a screen reader calls it. */
  readonly label: string
  readonly children: ComponentChildren
}

/**
 * A place whose content may be larger than itself. It takes the focus, so that the arrow keys can scroll it. It is a group and no landmark:
 * a chat may hold many of the same name.
 */
export function ScrollRegion({ class: name, label, children }: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in
    // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1; without the focus only a pointer could scroll it
    <div class={name} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}
