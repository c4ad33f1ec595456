import {
  type CallOrigin,
  CastellanError,
  type LedgerIndex,
  type PreviewContext,
  type RevertContext,
  type RevertPreview,
  type ToolContext,
  type ToolResource,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Host, UndoLook, Undone, UndoPort } from '../host/index.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { Tool } from '../tools/define.ts'
import { type Act, Acts, type UndoneAct } from './acts.ts'

/** The names by which kept data says what it is about, whichever tool kept it. */
const Named = z.looseObject({
  path: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  unit: z.string().optional(),
})

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
    const act = await this.#find(request.index, context.call)
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

  async preview(
    request: { readonly index?: number | undefined },
    { host, call, signal }: PreviewContext<Host> & { readonly call?: CallOrigin },
  ): Promise<UndoLook> {
    const act = await this.#find(request.index, call)
    const facts = { index: act.outcome, tool: act.tool, interrupted: act.interrupted }
    const undo = 'Undoing is an act of its own and can be undone.'
    try {
      await this.#acts.refuseUndone(act)
      const { effects, diff, undo: again, movedOn } = await this.#look(act, host, signal)
      const obstacle = movedOn === undefined ? null : { code: 'world_moved_on', message: movedOn }
      const possible = obstacle === null
      return { ...facts, possible, forcible: !possible, obstacle, effects, diff: diff ?? null, undo: again }
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      const obstacle = { code: error.code, message: error.message }
      return { ...facts, possible: false, forcible: false, obstacle, effects: [], diff: null, undo }
    }
  }

  async resources(index: LedgerIndex): Promise<ToolResource[]> {
    const { data } = await this.#acts.numbered(index)
    const named = Named.safeParse(data)
    if (!named.success) return []
    const { path, from, to, unit } = named.data
    const paths = [path, from, to].filter((name) => name?.startsWith('/') === true) as string[]
    return [
      ...paths.map((id) => ({ kind: 'path', id, access: 'write', tree: true }) as const),
      ...(unit === undefined ? [] : [{ kind: 'unit', id: unit, access: 'write' } as const]),
    ]
  }

  #find(index: LedgerIndex | undefined, call: CallOrigin | undefined): Promise<Act> {
    if (index !== undefined) return this.#acts.numbered(index)
    if (call !== undefined) return this.#acts.newestOf(call)
    throw new CastellanError('invalid_arguments', 'Say which act, by its ledger number.')
  }

  async #look(act: Act, host: Host, signal: AbortSignal): Promise<RevertPreview> {
    const tool = this.#findTool(act.tool)
    if (tool.revert === undefined) throw noWayBack(act)
    if (tool.revertPreview !== undefined) {
      return tool.revertPreview(act.data, { host, signal, interrupted: act.interrupted })
    }
    return { effects: [act.description], undo: 'Undoing is an act of its own and can be undone.' }
  }

  async #revert(act: Act, force: boolean, context: ToolContext<Host>): Promise<{ summary: string }> {
    const tool = this.#findTool(act.tool)
    if (tool.revert === undefined) throw noWayBack(act)
    const within: RevertContext<Host> = {
      host: context.host,
      call: context.call,
      agreed: context.agreed,
      labels: context.labels,
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

function noWayBack({ tool, outcome }: Act): CastellanError {
  return new CastellanError('not_undoable', `${tool} has no way back from what it did in act ${outcome}.`)
}
