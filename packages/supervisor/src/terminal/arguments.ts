import { parseArgs } from 'node:util'
import { CastellanError } from '@castellan/contracts'
import { nearest } from '@castellan/daemon'

export interface Arguments {
  readonly state: string | undefined
  readonly port: number | undefined
  readonly model: string | undefined
  readonly json: boolean
  readonly help: boolean
}

const options = {
  state: { type: 'string' },
  port: { type: 'string' },
  model: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the command line. Throws `config_invalid` for anything it does not know, naming the nearest it does. */
export function readArguments(argv: readonly string[]): Arguments {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string | true>()
  for (const token of tokens) {
    if (token.kind !== 'option') throw unknown(token.kind === 'positional' ? token.value : '--')
    const option = Object.hasOwn(options, token.name) ? options[token.name as keyof typeof options] : undefined
    if (option === undefined) throw unknown(token.rawName)
    if (option.type === 'string' && (token.value === undefined || token.value.startsWith('--'))) {
      throw new CastellanError(
        'config_invalid',
        `--${token.name} needs a value after it. npm start -- --help shows how.`,
      )
    }
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new CastellanError('config_invalid', `--${token.name} takes no value.`)
    }
    values.set(token.name, token.value ?? true)
  }
  return {
    state: values.get('state') as string | undefined,
    port: readPort(values.get('port') as string | undefined),
    model: values.get('model') as string | undefined,
    json: values.has('json'),
    help: values.has('help'),
  }
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new CastellanError(
    'config_invalid',
    `--port takes a number from 0 to 65535 (0 for any free port), not ${text}.`,
  )
}

function unknown(written: string): CastellanError {
  const known = Object.keys(options).map((name) => `--${name}`)
  // `--prot 1` and `prot` are the same slip; so is a word that lost its dashes.
  const candidate = nearest(written.startsWith('-') ? written : `--${written}`, known)
  const hint = candidate === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${candidate}?`
  return new CastellanError('config_invalid', `The argument ${written} is not known. ${hint}`)
}
