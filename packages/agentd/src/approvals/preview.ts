import { describeIssues, ToolPreview } from '@castellan/contracts'
import type { Host } from '../host/index.ts'
import type { Tool } from '../tools/define.ts'

/** Time a preview may take, in milliseconds: a person should be asked while they still care. */
const PREVIEW_MS = 2000
/** Of the effects together, in characters; a diff has a cap of its own. */
const MAX_EFFECTS = 16_384

/** What the person who is asked sees of what would happen, or why they see nothing. */
export type Previewed = { readonly preview: ToolPreview } | { readonly preview_problem: string }

/**
 * Looks ahead at a call, reading only. Never throws and never takes longer than two seconds: a preview that fails says
 * why, and the question is asked all the same.
 */
export async function previewOf(tool: Tool, input: unknown, host: Host, caller: AbortSignal): Promise<Previewed> {
  if (tool.preview === undefined) return { preview: { effects: [], undo: undoSentence(tool) } }
  const deadline = AbortSignal.timeout(PREVIEW_MS)
  const signal = AbortSignal.any([deadline, caller])
  try {
    const made = ToolPreview.safeParse(await unless(signal, tool.preview(input, { host, signal })))
    if (!made.success)
      return { preview_problem: `The preview of ${tool.name} is not usable: ${describeIssues(made.error)}.` }
    return { preview: plain(made.data) }
  } catch (error) {
    if (deadline.aborted)
      return { preview_problem: `Looking ahead took longer than ${PREVIEW_MS / 1000} s and was given up.` }
    const why = error instanceof Error ? error.message : String(error)
    return { preview_problem: plainLine(`What it would do cannot be foreseen: ${why}`).slice(0, 2000) }
  }
}

/**
 * Text of files and tools made harmless for terminals: control characters but line break and tab, marks that turn the
 * direction of text round (Unicode TR 9), and what nobody sees (but for the emoji selectors) become U+FFFD.
 */
export function plainText(text: string): string {
  return text.replace(/(?!\n|\t|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, '\ufffd')
}

/** One line: what quotes an argument must not look like a line of agentd's own. */
function plainLine(text: string): string {
  return plainText(text.replace(/\s*\n\s*/g, ' '))
}

function plain({ effects, diff, undo }: ToolPreview): ToolPreview {
  return {
    effects: fitting(effects.map(plainLine)),
    ...(diff === undefined || diff === '' ? {} : { diff: plainText(diff) }),
    undo: plainLine(undo),
  }
}

/** As many lines as fit, and a last one that says how many do not. */
function fitting(lines: readonly string[]): string[] {
  let room = MAX_EFFECTS
  const fit = lines.findIndex((line) => {
    room -= line.length
    return room < 0
  })
  return fit === -1
    ? [...lines]
    : [...lines.slice(0, fit), `… and ${lines.length - fit} more effects that do not fit here.`]
}

function undoSentence({ undo }: Tool): string {
  switch (undo) {
    case 'inverse':
      return 'It can be taken back with undo, as far as nobody changes the same thing in between.'
    case 'generation':
      return 'Going back to the generation before takes it back; what services did to their data meanwhile stays.'
    case 'none':
      return 'It cannot be taken back.'
  }
}

/** The promise, or a rejection as soon as the signal fires. */
function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
