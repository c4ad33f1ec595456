import type { ToolContext } from '@castellan/contracts'
import type { Host } from './host.ts'

/** What taking back an act did. */
export interface Undone {
  /** Ledger number of the act that was taken back. */
  readonly index: number
  readonly tool: string
  /** One sentence for people, from the tool's own `revert`. */
  readonly summary: string
}

/** Taking back acts by their ledger number. agentd's `undo/` provides it. */
export interface UndoPort {
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
