import type { AnswerOf, getInsight, listInsights } from '@castellan/contracts/api'

// What the gateway answers, as JSON: its ids are plain text here.
export type InsightListing = AnswerOf<typeof listInsights>
export type InsightSummary = InsightListing['items'][number]
export type Insight = AnswerOf<typeof getInsight>

/** Where it went: the host and port of its address, as they are written there; null for what stays on this machine. */
export function hostOf({ url }: Pick<InsightSummary, 'url'>): string | null {
  if (url === null) return null
  return URL.canParse(url) ? new URL(url).host : url
}

/**
 * How far it came. `left`: at least a part of it was sent. `held`: it was refused before anything was. `here`: the model on this machine
 * was asked. `near`: another program on this machine was. `program`: a program spoke to its provider by itself, through a tunnel. `unknown`: it broke off before anybody knew.
 */
export type Fate = 'left' | 'held' | 'here' | 'near' | 'program' | 'unknown'

export function fateOf({ url, left, engine }: Pick<InsightSummary, 'url' | 'left' | 'engine'>): Fate {
  if (url === null) return 'here'
  if (left === false) return 'held'
  if (URL.canParse(url) && isHere(new URL(url).hostname)) return 'near'
  if (engine === 'claude-code' || engine === 'openclaw') return 'program'
  return left === true ? 'left' : 'unknown'
}

/** Whether a name or an address is this machine's own (RFC 6761, RFC 1122, RFC 4291). */
export function isHere(host: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?|(?:::ffff:)127(?:\.\d{1,3}){3})$/i.test(host)
}

/** US dollars with as many digits as say something: `$0.0027`, `$1.20`. */
export function dollars(cost: number): string {
  const digits = cost === 0 || cost >= 0.995 ? 2 : Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(cost))))
  return `$${cost.toFixed(digits)}`
}
