import { createTwoFilesPatch } from 'diff'

/** Larger texts are not compared, in bytes: a person could not read what comes out. */
const MAX_BYTES = 512 * 1024
/** Longest that comparing may hold up agentd, in milliseconds. */
const MAX_MS = 200
const MAX_CHARACTERS = 65_536

/**
 * Unified diff between two states of a text; null stands for no file. Cut at 64 KiB, and its last line says so then.
 * Undefined where there is nothing to show: the same bytes, binary ones, or too much to compare.
 */
export function unifiedDiff(name: string, before: Uint8Array | null, after: Uint8Array | null): string | undefined {
  const [from, to] = [asText(before), asText(after)]
  if (from === undefined || to === undefined || from === to) return undefined
  const patch = createTwoFilesPatch(
    before === null ? '/dev/null' : name,
    after === null ? '/dev/null' : name,
    from,
    to,
    undefined,
    undefined,
    { context: 3, timeout: MAX_MS },
  )
  return patch === undefined ? undefined : cut(patch.replace(/^(Index: .*\n)?=+\n/, ''))
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
