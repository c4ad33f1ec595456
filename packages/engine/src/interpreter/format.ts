import type { GgufHeader } from '@castellan/gguf'
import { EngineError } from '../error.ts'
import { readGgufHeader } from '../gguf.ts'

/**
 * The format versions this runtime reads; see models/interpreter/FORMAT.md. 2 has more types of arguments than 1, 3 a
 * classifier beside the network.
 */
const FORMATS: readonly unknown[] = [1, 2, 3]
const CLASSIFIER_FORMAT = 3

/** What an argument's value is; see FORMAT.md. Those from `seconds` on are words of the request, put into the tool's form. */
export type ArgumentType =
  | 'string'
  | 'integer'
  | 'enum'
  | 'boolean'
  | 'seconds'
  | 'days'
  | 'bytes'
  | 'list'
  | 'words'
  | 'value'

/** `castellan.tools`, as FORMAT.md describes it. */
interface Description {
  readonly request: string
  readonly call: string
  readonly none: string
  readonly end: string
  readonly numberWords: Readonly<Record<string, number>>
  readonly tools: readonly {
    readonly name: string
    readonly token: string
    readonly args: readonly {
      readonly name: string
      readonly type: ArgumentType
      readonly token?: string
      readonly values?: Readonly<Record<string, string>>
      readonly required?: boolean
    }[]
  }[]
}

export interface FormatArgument {
  readonly name: string
  readonly type: ArgumentType
  readonly required: boolean
  /** Token that opens a span; an enum and a boolean have none. */
  readonly key: number | undefined
  /** Tokens that say the key and a value at once. */
  readonly values: ReadonlyMap<number, string | number | boolean>
}

export interface FormatTool {
  readonly name: string
  readonly token: number
  readonly args: readonly FormatArgument[]
}

/** The file with the classifier, which lies beside the model's own. */
export interface FormatClassifier {
  readonly file: string
  /** Of the file's bytes, in hex. */
  readonly sha256: string
  /** Power of the classifier's opinion in the product of both. */
  readonly weight: number
}

/** What an interpreter file says about its own prompt and answers, with every token as its number. */
export interface InterpreterFormat {
  /** Call probability from which a call may be made without asking, as the file's makers chose it. */
  readonly gate: number
  readonly request: number
  readonly call: number
  readonly none: number
  readonly end: number
  readonly numberWords: ReadonlyMap<string, number>
  readonly tools: readonly FormatTool[]
  readonly classifier: FormatClassifier | undefined
  /** Bytes of text each token stands for. */
  readonly tokenBytes: readonly number[]
}

/** Reads the format from the file's metadata. Throws `model_invalid` for a file of another format or with tokens missing. */
export async function readInterpreterFormat(path: string): Promise<InterpreterFormat> {
  const header = await readGgufHeader(path, (key) => key === 'tokenizer.ggml.tokens')
  const description = parseDescription(path, header)
  const tokens = header.metadata.get('tokenizer.ggml.tokens') as readonly string[]
  const ids = new Map(tokens.map((text, id) => [text, id]))
  const idOf = (text: string): number => {
    const id = ids.get(text)
    if (id === undefined) throw refuse(path, `its tokenizer lacks the token ${text}`)
    return id
  }
  return {
    gate: Number(header.metadata.get('castellan.gate') ?? 0.8),
    request: idOf(description.request),
    call: idOf(description.call),
    none: idOf(description.none),
    end: idOf(description.end),
    numberWords: new Map(Object.entries(description.numberWords)),
    classifier: parseClassifier(path, header),
    // A byte-level BPE writes each byte as one character.
    tokenBytes: tokens.map((text) => [...text].length),
    tools: description.tools.map((tool) => ({
      name: tool.name,
      token: idOf(tool.token),
      args: tool.args.map(({ name, type, required = false, token, values = {} }) => ({
        name,
        type,
        required,
        key: token === undefined ? undefined : idOf(token),
        values: new Map(Object.entries(values).map(([value, text]) => [idOf(text), spelledValue(type, value)])),
      })),
    })),
  }
}

function spelledValue(type: ArgumentType, value: string): string | number | boolean {
  if (type === 'integer') return Number(value)
  return type === 'boolean' || (type === 'value' && /^(?:true|false)$/.test(value)) ? value === 'true' : value
}

function parseDescription(path: string, header: GgufHeader): Description {
  const format = header.metadata.get('castellan.format')
  if (!FORMATS.includes(format)) {
    throw refuse(path, `it has format ${String(format)}, and this version reads ${FORMATS.join(', ')}`)
  }
  const text = header.metadata.get('castellan.tools')
  const description = parseJson(typeof text === 'string' ? text : '')
  if (!isDescription(description)) {
    throw refuse(path, 'its description of the tools (castellan.tools) cannot be read')
  }
  return description
}

function parseClassifier(path: string, { metadata }: GgufHeader): FormatClassifier | undefined {
  if (metadata.get('castellan.format') !== CLASSIFIER_FORMAT) return undefined
  const file = metadata.get('castellan.classifier.file')
  const sha256 = metadata.get('castellan.classifier.sha256')
  const weight = metadata.get('castellan.classifier.weight')
  const isNamed = typeof file === 'string' && /^[\w.-]+$/.test(file) && typeof sha256 === 'string'
  if (!isNamed || typeof weight !== 'number') {
    throw refuse(path, 'it does not say which classifier belongs to it (castellan.classifier)')
  }
  return { file, sha256, weight }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As far as a mistake would not come to light by itself: a token that is missing is found when it is looked up. */
function isDescription(value: unknown): value is Description {
  if (!isRecord(value) || !isRecord(value.numberWords) || !Array.isArray(value.tools)) return false
  return value.tools.every((tool) => isRecord(tool) && Array.isArray(tool.args) && tool.args.every(isRecord))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(path: string, why: string): EngineError {
  return new EngineError(
    'model_invalid',
    `${path} is no usable interpreter model: ${why}. Use the file that came with this version.`,
  )
}
