import { CastellanError, ClientFrame } from '@castellan/contracts'
import { didYouMean, parseJson } from '@castellan/daemon'
import { parse } from '../api/parse.ts'

const TYPES = ClientFrame.options.map((option) => option.shape.type.value)

/** Reads what a client sent. Throws `invalid_json`, `unknown_frame` or `invalid_request`, each saying what would be right. */
export function readClientFrame(text: string): ClientFrame {
  const value = readObject(text)
  const type = value.type
  if (!TYPES.some((known) => known === type)) {
    const hint = typeof type === 'string' ? didYouMean(type, TYPES) : ''
    throw new CastellanError('unknown_frame', `A frame’s type has to be one of ${TYPES.join(', ')}.${hint}`)
  }
  return parse(ClientFrame, value, `This ${type} frame`)
}

function readObject(text: string): Record<string, unknown> {
  const value = parseJson(text, 'This frame')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CastellanError(
      'invalid_request',
      'A frame has to be an object, like {"type":"chat","text":"how full are my disks?"}.',
    )
  }
  return value as Record<string, unknown>
}
