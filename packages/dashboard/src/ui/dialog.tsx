import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { strings } from '../strings.ts'
import { Cross } from '../theme/icons.tsx'

export interface DialogProps {
  readonly title: string
  readonly close: () => void
  /** `drawer`: at the side, as tall as the page. */
  readonly kind?: 'box' | 'drawer' | 'drawer wide' | 'palette'
  readonly children: ComponentChildren
}

/**
 * A dialog over the page, which keeps the focus inside: at its first field where it is there to be filled in. Escape and a
 * click beside it close it. The focus goes back to where it was, or to the page's name where that is gone.
 */
export function Dialog({ title, close, kind = 'box', children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const name = useId()
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    element?.querySelector<HTMLElement>('form :is(input, select, textarea):enabled')?.focus({ preventScroll: true })
    return () => {
      element?.close()
      const isThere = before instanceof HTMLElement && before.isConnected && before !== document.body
      const next = isThere ? before : document.querySelector<HTMLElement>('main h1')
      next?.focus({ preventScroll: !isThere })
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`dialog ${kind}`}
      aria-labelledby={name}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      // Escape is for the dialog; without this it would stop the running turn as well.
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        close()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) close()
      }}
    >
      <div class="dialog-body">
        <div class={kind === 'palette' ? 'unseen' : 'dialog-head'}>
          <h2 id={name}>{title}</h2>
          <button type="button" class="icon-button" title={strings.ui.close} onClick={close}>
            <Cross />
            <span class="unseen">{strings.ui.close}</span>
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
