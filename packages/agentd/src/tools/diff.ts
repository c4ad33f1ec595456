import { createTwoFilesPatch } from 'diff'

/** Larger texts are not compared, in bytes: a person could not read what comes out. */
const MAX_BYTES = 512 * 1024
/** Longest that comparing may hold up agentd, in milliseconds. */
const MAX_MS = 200
const MAX_CHARACTERS = 65_536
/** Unchanged lines shown around a change. */
const CONTEXT = 3

/**
 * Unified diff between two states of a text; null stands for no file. Cut at 64 KiB, and its last line says so then.
 * Undefined where there is nothing to show: the same bytes, binary ones, or too much to show.
 */
export function unifiedDiff(name: string, before: Uint8Array | null, after: Uint8Array | null): string | undefined {
  const [from, to] = [asText(before), asText(after)]
  if (from === undefined || to === undefined || from === to) return undefined
  const [old, fresh] = [before === null ? '/dev/null' : name, after === null ? '/dev/null' : name]
  const options = { context: CONTEXT, timeout: MAX_MS }
  const patch = createTwoFilesPatch(old, fresh, from, to, undefined, undefined, options)
  if (patch === undefined) return cut(`--- ${old}\n+++ ${fresh}\n${oneHunk(from, to)}`)
  return cut(patch.replace(/^(Index: .*\n)?=+\n/, ''))
}

/** Two texts with little in common: all between what they begin and end with alike, as one change. */
function oneHunk(from: string, to: string): string {
  const [old, fresh] = [linesOf(from), linesOf(to)]
  const shorter = Math.min(old.length, fresh.length)
  let start = 0
  while (start < shorter && old[start] === fresh[start]) start += 1
  let end = 0
  while (end < shorter - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1
  const first = Math.max(0, start - CONTEXT)
  const tail = Math.min(end, CONTEXT)
  const marked = (mark: string, lines: readonly string[]) => lines.map((line) => `${mark}${line}\n`).join('')
  const range = (lines: readonly string[]) => `${first + 1},${lines.length - end + tail - first}`
  return [
    `@@ -${range(old)} +${range(fresh)} @@\n`,
    marked(' ', old.slice(first, start)),
    marked('-', old.slice(start, old.length - end)),
    marked('+', fresh.slice(start, fresh.length - end)),
    marked(' ', old.slice(old.length - end, old.length - end + tail)),
  ].join('')
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function asText(bytes: Uint8Array | null): string | undefined {
  if (bytes === null) return ''
  if (bytes.length > MAX_BYTES || bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function cut(patch: string): string {
  if (patch.length <= MAX_CHARACTERS) return patch
  const lines = patch.slice(0, MAX_CHARACTERS - 100)
  const shown = lines.slice(0, lines.lastIndexOf('\n') + 1)
  const left = patch.slice(shown.length).split('\n').length - 1
  return `${shown}… ${left} more lines of this diff are not shown`
}
