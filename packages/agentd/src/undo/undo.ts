import { CastellanError, type LedgerIndex, type RevertContext, type ToolContext } from '@castellan/contracts'
import type { Host, Undone, UndoPort } from '../host/index.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { Tool } from '../tools/define.ts'
import { type Act, Acts, type UndoneAct } from './acts.ts'

/** Takes back acts by what their outcome entries keep. Each act is taken back at most once; its undo is an act itself. */
export class Undo implements UndoPort {
  readonly #acts: Acts
  readonly #findTool: (name: string) => Tool
  /** Acts that were taken back or are about to be: the ledger knows of an undo only once its outcome is recorded. */
  readonly #taken = new Set<LedgerIndex>()

  constructor(ledger: Recorder, findTool: (name: string) => Tool) {
    this.#acts = new Acts(ledger)
    this.#findTool = findTool
  }

  async apply(
    request: { readonly index?: number | undefined; readonly force: boolean },
    context: ToolContext<Host>,
  ): Promise<Undone> {
    if (request.force && context.call.caller !== 'operator') {
      throw new CastellanError('forbidden', 'Only the operator may insist: `agentctl undo NUMBER --force`.')
    }
    const act =
      request.index === undefined ? await this.#acts.newestOf(context.call) : await this.#acts.numbered(request.index)
    await this.#acts.refuseUndone(act)
    if (this.#taken.has(act.outcome)) {
      throw new CastellanError('already_undone', `Act ${act.outcome} has just been taken back, or is being so.`)
    }
    this.#taken.add(act.outcome)
    try {
      context.target(act.outcome)
      const { summary } = await this.#revert(act, request.force, context)
      return { index: act.outcome, tool: act.tool, summary }
    } catch (error) {
      this.#taken.delete(act.outcome)
      throw error
    }
  }

  async #revert(act: Act, force: boolean, context: ToolContext<Host>): Promise<{ summary: string }> {
    const tool = this.#findTool(act.tool)
    if (tool.revert === undefined) {
      throw new CastellanError('not_undoable', `${act.tool} has no way back from what it did in act ${act.outcome}.`)
    }
    const within: RevertContext<Host> = {
      host: context.host,
      call: context.call,
      agreed: context.agreed,
      signal: context.signal,
      force,
      interrupted: act.interrupted,
      progress: (progress) => context.progress(progress),
      target: (index) => context.target(index),
      keepInverse: ({ description, data }) =>
        context.keepInverse({ description, data: { tool: act.tool, data } satisfies UndoneAct }),
    }
    return tool.revert(act.data, within)
  }
}
