import { memory as words } from '../strings/memory.ts'
import type { Fact } from './facts.ts'

/** What can be written of a fact. */
export interface FactDraft {
  readonly text: string
  readonly source: string
  /** With spaces or commas between them. */
  readonly tags: string
  /** 0 to 100. */
  readonly sure: string
  /** Days until it is forgotten; nothing for never. */
  readonly days: string
}

// As the tool has them.
const MAX_TEXT = 4_000
const MAX_SOURCE = 300
const MAX_TAGS = 16
const TAG = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,39}$/u
const MAX_DAYS = 36_500
const DAY_MS = 86_400_000

export function emptyDraft(): FactDraft {
  return { text: '', source: words.form.owner, tags: '', sure: '100', days: '' }
}

export function draftOf({ text, source, tags, confidence, expires_at }: Fact, now: number): FactDraft {
  const days =
    expires_at === null ? '' : String(Math.max(0.01, Math.round((100 * (Date.parse(expires_at) - now)) / DAY_MS) / 100))
  return { text, source, tags: tags.join(' '), sure: String(Math.round(confidence * 100)), days }
}

/** Why it cannot be stored as it is written; null where it can. */
export function draftProblem({ text, source, tags, sure, days }: FactDraft): string | null {
  if (text.trim() === '') return words.form.noText
  if (text.trim().length > MAX_TEXT) return words.form.long(MAX_TEXT)
  if (source.trim() === '') return words.form.noSource
  if (source.trim().length > MAX_SOURCE) return words.form.longSource(MAX_SOURCE)
  const list = tagsOf(tags)
  const bad = list.find((tag) => !TAG.test(tag))
  if (bad !== undefined) return words.form.badTag(bad)
  if (list.length > MAX_TAGS) return words.form.manyTags(MAX_TAGS)
  const percent = Number(sure)
  if (sure.trim() === '' || !(percent >= 0 && percent <= 100)) return words.form.badSure
  const end = Number(days)
  if (days.trim() !== '' && !(end > 0 && end <= MAX_DAYS)) return words.form.badDays
  return null
}

/** What `memory_store` is called with. `before` is the fact that it takes the place of; an end that nobody touched stays to the minute. */
export function argumentsOf(draft: FactDraft, before: Fact | null, now: number): Record<string, unknown> {
  const { text, source, tags, sure, days } = draft
  const untouched = before !== null && before.expires_at !== null && draftOf(before, now).days === days
  const end = untouched ? (Date.parse(before.expires_at ?? '') - now) / DAY_MS : Number(days)
  return {
    ...(before === null ? {} : { id: before.id }),
    ...{ text: text.trim(), source: source.trim(), tags: tagsOf(tags), confidence: Number(sure) / 100 },
    ...(days.trim() === '' ? {} : { expiresInDays: end }),
  }
}

function tagsOf(tags: string): string[] {
  return [...new Set(tags.split(/[\s,]+/).filter((tag) => tag !== ''))]
}
