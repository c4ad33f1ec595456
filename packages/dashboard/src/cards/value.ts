import { strings } from '../strings.ts'
import { isTimestamp } from './time.ts'
import { bytes, duration, plainNumber } from './units.ts'

export type Tone = 'good' | 'warn' | 'bad'

/** One value, ready to be shown. */
export type Value =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string; readonly tone?: Tone }
  /** A quantity: set flush right, in figures of one width. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'percent'; readonly percent: number; readonly text: string; readonly tone?: Tone }
  /** Milliseconds since 1970. */
  | { readonly kind: 'time'; readonly at: number }

/** Fields whose words say how well something is. */
const STATE_FIELD = /(state|status|verdict|priority|result|health|level|severity)$/i
const TONES: Readonly<Record<Tone, readonly string[]>> = {
  good: ['active', 'running', 'ok', 'healthy', 'ready', 'success', 'intact', 'good'],
  warn: ['warning', 'degraded', 'activating', 'deactivating', 'reloading', 'attention', 'interrupted'],
  bad: ['failed', 'error', 'err', 'crit', 'critical', 'alert', 'emerg', 'unhealthy', 'damaged', 'bad'],
}

/** How a value is best shown, by the unit at the end of its field's name and by its type. */
export function present(field: string, value: unknown): Value {
  if (value === null || value === undefined || value === '') return { kind: 'none' }
  if (typeof value === 'number') return quantity(field, value)
  if (typeof value === 'boolean') return { kind: 'text', text: value ? strings.value.yes : strings.value.no }
  if (typeof value === 'string') return words(field, value)
  if (Array.isArray(value) && value.length === 0) return { kind: 'none' }
  if (Array.isArray(value) && value.every(isScalar)) return { kind: 'text', text: value.map(String).join(', ') }
  return { kind: 'text', text: JSON.stringify(value) }
}

export function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function quantity(field: string, value: number): Value {
  if (/bytes$/i.test(field)) return { kind: 'number', text: bytes(value) }
  if (/Ms$/.test(field)) return { kind: 'number', text: duration(value) }
  if (/seconds$/i.test(field)) return { kind: 'number', text: duration(value * 1000) }
  if (/percent$/i.test(field)) {
    const text = `${plainNumber(Math.round(value * 10) / 10)} %`
    const tone = value >= 90 ? 'bad' : value >= 75 ? 'warn' : undefined
    return {
      kind: 'percent',
      percent: Math.min(100, Math.max(0, value)),
      text,
      ...(tone === undefined ? {} : { tone }),
    }
  }
  return { kind: 'number', text: plainNumber(value) }
}

function words(field: string, text: string): Value {
  if (isTimestamp(text)) return { kind: 'time', at: Date.parse(text) }
  const tone = STATE_FIELD.test(field) ? toneOf(text) : undefined
  return { kind: 'text', text, ...(tone === undefined ? {} : { tone }) }
}

function toneOf(word: string): Tone | undefined {
  const lower = word.toLowerCase()
  return (Object.keys(TONES) as Tone[]).find((tone) => TONES[tone].includes(lower))
}
