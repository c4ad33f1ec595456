import type { RevertContext, RevertPreviewContext, TaintLabel, ToolPreview, ToolResource } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { unifiedDiff } from '../diff.ts'

/** What file tools tell about a call beside doing it. */

export const untrustedField = z
  .boolean()
  .describe('Whether somebody else than root and the owner of this server may have written what is shown.')

export const takesUntrusted = ({ untrusted }: { readonly untrusted: boolean }): readonly TaintLabel[] =>
  untrusted ? ['untrusted-text'] : []

/** The one path a tool is about. `lastLink: 'keep'` for tools that act on a link itself, `tree` for those that reach all below it. */
export function pathOf(access: ToolResource['access'], lastLink: 'follow' | 'keep' = 'follow', tree = false) {
  return async ({ path }: { readonly path: string }, host: Host): Promise<ToolResource[]> => [
    { kind: 'path', id: await host.files.locate(path, lastLink), access, ...(tree ? { tree } : {}) },
  ]
}

/** A preview with the diff between two contents, where there is one to show. */
export function withDiff<Preview extends ToolPreview>(
  preview: Preview,
  path: string,
  before: Uint8Array | null,
  after: Uint8Array | null,
): Preview {
  const diff = unifiedDiff(path, before, after)
  return diff === undefined ? preview : { ...preview, diff }
}

/** Both ways of looking at the undo of a change of content: making it, and telling what it would do. */
export const revertsContent = {
  revert: (data: unknown, context: RevertContext<Host>) => context.host.files.changes.revert(data, context),
  revertPreview: async (data: unknown, { host, interrupted, signal }: RevertPreviewContext<Host>) => {
    const { preview, path, now, then } = await host.files.looks.revert(data, interrupted, signal)
    return withDiff(preview, path, now, then)
  },
}

export const undoRestores = 'Undo puts back exactly what was there, as long as nobody changes it meanwhile.'
