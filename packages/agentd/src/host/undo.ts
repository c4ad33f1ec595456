import type { CallOrigin, PreviewContext, ToolContext, ToolResource } from '@castellan/contracts'
import type { Host } from './host.ts'

/** What taking back an act did. */
export interface Undone {
  /** Ledger number of the act that was taken back. */
  readonly index: number
  readonly tool: string
  /** One sentence for people, from the tool's own `revert`. */
  readonly summary: string
}

/** What taking back an act would do now. */
export interface UndoLook {
  readonly index: number
  readonly tool: string
  readonly interrupted: boolean
  readonly possible: boolean
  readonly forcible: boolean
  readonly obstacle: { readonly code: string; readonly message: string } | null
  readonly effects: string[]
  readonly diff: string | null
  readonly undo: string
}

/** Taking back acts by their ledger number. agentd's `undo/` provides it. */
export interface UndoPort {
  /** Looks ahead at `apply`, reading only; without a number it needs to know whose call it is. Throws `not_found` and, where there is no such act, `not_undoable`. */
  preview(
    request: { readonly index?: number | undefined },
    context: PreviewContext<Host> & { readonly call?: CallOrigin },
  ): Promise<UndoLook>
  /** What taking back this act touches, as far as what was kept with it names paths or units; empty where it does not. */
  resources(index: number): Promise<readonly ToolResource[]>
  /**
   * Takes back the act whose intent or outcome entry has number `index`; without a number, the caller's newest act that
   * can still be taken back. `force` takes it back even though the machine moved on. Throws `not_found`, `not_undoable`,
   * `already_undone`, `world_moved_on` or `trash_unknown`.
   */
  apply(
    request: { readonly index?: number | undefined; readonly force: boolean },
    context: ToolContext<Host>,
  ): Promise<Undone>
}
