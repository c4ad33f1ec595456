import type { LedgerEntry } from '@castellan/contracts'

/** What following the chain needs of an entry. */
export type Header = Pick<LedgerEntry, 'index' | 'prev' | 'time' | 'type' | 'intent' | 'payload' | 'target' | 'facts'>

/** Types whose facts matter here: these are parsed in full. */
const WITH_FACTS = new Set(['gap', 'key_rotated', 'payloads_pruned'])

/**
 * The header of a leaf; throws where it is not JSON. In a canonical leaf the keys come sorted and nothing from `index`
 * on nests or holds a quote, so its fields can be picked out where they stand: verification reads every leaf there is,
 * and this takes a fifth of the time of parsing it. What does not look like that is parsed after all.
 */
export function readHeader(leaf: Buffer): Header {
  const text = leaf.toString('latin1')
  const index = text.lastIndexOf('"index":')
  const prev = text.indexOf('"prev":"', index)
  const time = text.indexOf('"time":', prev)
  const type = text.indexOf('"type":"', time)
  if (index < 0 || prev < 0 || time < 0 || type < 0 || !text.endsWith('","v":1}'))
    return JSON.parse(leaf.toString()) as Header
  const name = text.slice(type + 8, -8)
  if (WITH_FACTS.has(name)) return JSON.parse(leaf.toString()) as Header
  const intent = text.indexOf('"intent":', index)
  const payload = text.indexOf('"payload":"', index)
  const target = text.indexOf('"target":', prev)
  return {
    index: numberAt(text, index + 8),
    intent: intent < 0 ? undefined : numberAt(text, intent + 9),
    payload: payload < 0 ? undefined : text.slice(payload + 11, payload + 75),
    prev: text.slice(prev + 8, prev + 72),
    target: target < 0 ? undefined : numberAt(text, target + 9),
    time: numberAt(text, time + 7),
    type: name as Header['type'],
  }
}

/** The decimal number that starts at `at`. */
function numberAt(text: string, at: number): number {
  let value = 0
  for (let i = at; ; i += 1) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return value
    value = value * 10 + digit
  }
}
