import { allZero, type ByteSource } from './bytes.ts'
import { FormatError, quoted } from './error.ts'

/** Where a tensor lies in the file, in bytes; `end` is the first byte behind it. */
export interface Span {
  readonly name: string
  readonly start: number
  readonly end: number
}

/**
 * Holds that tensors neither overlap nor leave room: between them, before the first and behind the last there is at most the
 * padding that alignment asks for, and it is zero. Whatever else a file carries would be carried past every scan of its
 * tensors. Throws `overlap`, `gap`, `hidden_data` or `trailing_data`.
 */
export function layOut(
  source: ByteSource,
  tensors: readonly Span[],
  { start, alignment }: { readonly start: number; readonly alignment: number },
): void {
  const sorted = [...tensors].sort((left, right) => left.start - right.start || left.end - right.end)
  let end = start
  let before = 'its header'
  for (const tensor of sorted) {
    if (tensor.start < end) {
      throw new FormatError('overlap', `lets ${quoted(tensor.name)} begin inside ${before}`, tensor.start)
    }
    if (tensor.start - end >= alignment) {
      throw new FormatError(
        'gap',
        `has ${tensor.start - end} bytes between ${before} and ${quoted(tensor.name)} that belong to nothing`,
        end,
      )
    }
    if (!allZero(source, end, tensor.start)) {
      throw new FormatError('hidden_data', `has data in the padding before ${quoted(tensor.name)}`, end)
    }
    end = tensor.end
    before = quoted(tensor.name)
  }
  const rest = source.size - end
  if (rest >= alignment) {
    throw new FormatError('trailing_data', `has ${rest} bytes behind its last tensor that belong to nothing`, end)
  }
  if (!allZero(source, end, source.size))
    throw new FormatError('hidden_data', 'has data in the padding at its end', end)
}
