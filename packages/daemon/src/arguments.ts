import { parseArgs } from 'node:util'
import { CastellanError } from '@castellan/contracts'
import { didYouMean } from './nearest.ts'

/** What a process may be started with: `--config FILE` or `--config FILE#section`, nothing else. */
export function configArgument(argv: readonly string[]): string | undefined {
  const { tokens } = parseArgs({
    args: [...argv],
    options: { config: { type: 'string' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  let file: string | undefined
  for (const token of tokens) {
    if (token.kind === 'option' && token.name === 'config' && token.value !== undefined) {
      file = token.value
      continue
    }
    const written = token.kind === 'option' ? token.rawName : token.kind === 'positional' ? token.value : '--'
    if (written === '--config') throw new CastellanError('config_invalid', '--config needs a file name after it.')
    const hint = didYouMean(written, ['--config'])
    throw new CastellanError('config_invalid', `The argument ${written} is not known; only --config FILE is.${hint}`)
  }
  return file
}
