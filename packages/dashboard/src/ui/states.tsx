import type { ComponentChildren } from 'preact'
import { RequestError } from '../connection/http.ts'
import type { Resource } from '../live/resource.ts'
import { strings } from '../strings.ts'
import { Cross, Tower } from '../theme/icons.tsx'

/** Something is on its way. Drawn late by its style, so that a quick answer does not flicker. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="state loading" role="status">
      <span class="spinner" /> {strings.ui.loading(what)}
    </p>
  )
}

/** There is nothing, and that is no fault. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="state nothing">
      <Tower size={28} />
      <p class="state-title">{title}</p>
      {children !== undefined && <div class="state-lead">{children}</div>}
    </div>
  )
}

/** It was refused, in the gateway's own words: they say what to do. */
export function Failed({ error, again }: { readonly error: Error; readonly again?: () => void }) {
  return (
    <div class="state failed" role="alert">
      <p>
        <Cross /> {sentenceOf(error)}{' '}
        {error instanceof RequestError && error.code !== 'unreachable' && <code>{error.code}</code>}
      </p>
      {again !== undefined && (
        <button type="button" class="quiet" onClick={again}>
          {strings.ui.again}
        </button>
      )}
    </div>
  )
}

export interface ShownProps<Value> {
  readonly resource: Resource<Value>
  /** In words that follow “Reading …”. */
  readonly what: string
  readonly children: (value: Value) => ComponentChildren
}

/** A resource in whichever state it is. */
export function Shown<Value>({ resource, what, children }: ShownProps<Value>) {
  const state = resource.state.value
  if (state.kind === 'loading') return <Loading what={what} />
  if (state.kind === 'failed') return <Failed error={state.error} again={() => void resource.reload()} />
  return <>{children(state.value)}</>
}

/** What went wrong, as a sentence for people. */
export function sentenceOf(error: Error): string {
  if (!(error instanceof RequestError)) return error.message
  if (error.code === 'unreachable') return strings.ui.unreachable
  return error.message === '' ? strings.ui.refused(error.code) : error.message
}
