import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FormatError, type JsonValue, parseJson } from '../formats/index.ts'
import type { JobOf } from './job.ts'
import { type Finding, type StageVerdict, skipped, verdictOf } from './verdict.ts'

/** Bytes of one text file: vocabularies are the largest. */
const MOST_TEXT_BYTES = 64 * 1024 * 1024
/** Keys by which a configuration asks its loader to fetch or run code. */
const ASKING = new Set([
  'auto_map',
  'trust_remote_code',
  'custom_pipeline',
  'custom_revision',
  'code_revision',
  '_target_',
])

/** Stage 7: what lies beside the weights of a folder, as image models have it. Links and hidden files never got this far. */
export function imageStage({ folder, files }: JobOf<'image'>): StageVerdict {
  if (files.length === 1) return skipped('image', 'It is a single file.')
  const names = new Set(files.map(({ name }) => name))
  const findings: Finding[] = []
  let configurations = 0
  for (const { name, bytes } of files) {
    if (name.endsWith('.safetensors')) continue
    if (bytes > MOST_TEXT_BYTES) {
      findings.push(
        refuse('too_large', `${JSON.stringify(name)} has ${bytes} bytes, more than any text beside weights.`),
      )
      continue
    }
    const content = readFileSync(join(folder, name))
    if (!name.endsWith('.json')) findings.push(...judgeText(name, content))
    else {
      configurations += 1
      findings.push(...judgeJson(name, content, names))
    }
  }
  return verdictOf('image', `${configurations} configurations ask for nothing but weights.`, findings, {
    files: files.length,
    configurations,
  })
}

function judgeText(name: string, content: Uint8Array): Finding[] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content)
    if (!text.includes('\0')) return []
  } catch {
    // Said below.
  }
  return [refuse('not_text', `${JSON.stringify(name)} is no text.`)]
}

function judgeJson(name: string, content: Uint8Array, names: ReadonlySet<string>): Finding[] {
  let value: JsonValue
  try {
    value = parseJson(content, { depth: 32, entries: 2_000_000 })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return [refuse('bad_json', `${JSON.stringify(name)} ${error.message}.`)]
  }
  const findings: Finding[] = []
  walk(value, (key, item) => {
    if (ASKING.has(key) && item !== false && item !== null) {
      findings.push(refuse('asks_for_code', `${JSON.stringify(name)} asks for code by ${JSON.stringify(key)}.`))
    }
  })
  if (name.endsWith('.index.json')) findings.push(...judgeIndex(name, value, names))
  return findings
}

/** An index names the files that hold each tensor: they have to be here, beside it. */
function judgeIndex(name: string, value: JsonValue, names: ReadonlySet<string>): Finding[] {
  const map = value instanceof Map ? value.get('weight_map') : undefined
  if (!(map instanceof Map)) return [refuse('index', `${JSON.stringify(name)} is an index without a weight_map.`)]
  const folder = name.slice(0, name.lastIndexOf('/') + 1)
  for (const file of new Set(map.values())) {
    if (typeof file !== 'string' || !names.has(`${folder}${file}`)) {
      return [
        refuse(
          'index',
          `${JSON.stringify(name)} names ${JSON.stringify(String(file).slice(0, 100))}, which is not here.`,
        ),
      ]
    }
  }
  return []
}

function walk(value: JsonValue, visit: (key: string, item: JsonValue) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit)
  else if (value instanceof Map) {
    for (const [key, item] of value) {
      visit(key, item)
      walk(item, visit)
    }
  }
}

function refuse(code: string, message: string): Finding {
  return { level: 'refuse', code, message }
}
