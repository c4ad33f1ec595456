import { readFileSync } from 'node:fs'

/** A line of a corpus: a script for the shell, or an argv. */
export type Specimen =
  | { readonly line: string; readonly script: string }
  | { readonly line: string; readonly argv: string[] }

/** Lines as they stand; JSON strings are scripts with line breaks or odd characters, JSON lists are argvs. `# ` begins a heading. */
export function readCorpus(name: string): Specimen[] {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map(specimen)
}

function specimen(line: string): Specimen {
  const isJson = /^".*"$/.test(line) || /^\[.*\]$/.test(line)
  const parsed: unknown = isJson ? parseJson(line) : undefined
  if (Array.isArray(parsed)) return { line, argv: parsed as string[] }
  return { line, script: typeof parsed === 'string' ? parsed : line }
}

/** `[ -f x ]` and `"$cmd" "$x"` are shell, not JSON. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
