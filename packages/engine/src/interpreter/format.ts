import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { type GgufHeader, readGgufHeader } from '../gguf/header.ts'

/** The format version this runtime reads; see models/interpreter/FORMAT.md. */
const FORMAT = 1

const Description = z.object({
  format: z.literal(FORMAT),
  request: z.string(),
  call: z.string(),
  none: z.string(),
  end: z.string(),
  numberWords: z.record(z.string(), z.int()),
  tools: z.array(
    z.object({
      name: z.string(),
      token: z.string(),
      args: z.array(
        z.object({
          name: z.string(),
          type: z.enum(['string', 'integer', 'enum']),
          token: z.string().optional(),
          values: z.record(z.string(), z.string()).default({}),
          required: z.boolean().default(false),
        }),
      ),
    }),
  ),
})

export interface FormatArgument {
  readonly name: string
  readonly type: 'string' | 'integer' | 'enum'
  readonly required: boolean
  /** Token that opens a span; an enum has none. */
  readonly key: number | undefined
  /** Tokens that say the key and a value at once. */
  readonly values: ReadonlyMap<number, string | number>
}

export interface FormatTool {
  readonly name: string
  readonly token: number
  readonly args: readonly FormatArgument[]
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
    // A byte-level BPE writes each byte as one character.
    tokenBytes: tokens.map((text) => [...text].length),
    tools: description.tools.map((tool) => ({
      name: tool.name,
      token: idOf(tool.token),
      args: tool.args.map(({ name, type, required, token, values }) => ({
        name,
        type,
        required,
        key: token === undefined ? undefined : idOf(token),
        values: new Map(
          Object.entries(values).map(([value, text]) => [idOf(text), type === 'integer' ? Number(value) : value]),
        ),
      })),
    })),
  }
}

function parseDescription(path: string, header: GgufHeader): z.output<typeof Description> {
  const format = header.metadata.get('castellan.format')
  if (format !== FORMAT) throw refuse(path, `it has format ${String(format)}, and this version reads format ${FORMAT}`)
  const text = header.metadata.get('castellan.tools')
  try {
    return Description.parse(JSON.parse(typeof text === 'string' ? text : ''))
  } catch {
    throw refuse(path, 'its description of the tools (castellan.tools) cannot be read')
  }
}

function refuse(path: string, why: string): CastellanError {
  return new CastellanError(
    'model_invalid',
    `${path} is no usable interpreter model: ${why}. Use the file that came with this version.`,
  )
}
