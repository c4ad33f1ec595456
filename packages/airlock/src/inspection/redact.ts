import type { Finding, Span } from './finding.ts'
import type { Outgoing } from './parts.ts'

/** A request without what was found in it, and where in its body that was, in bytes. */
export interface Redacted {
  readonly outgoing: Outgoing
  readonly cuts: readonly Span[]
}

/** What stands where something was taken out. */
const PLACE_HOLDER = '[redacted]'
const IN_QUERY = 'redacted'

/**
 * The request without what was found; undefined where something cannot be cut out: it is in the name of the host, in the path, spread
 * over several fields, or in something compressed.
 */
export function redact(outgoing: Outgoing, findings: readonly Finding[]): Redacted | undefined {
  const url = new URL(outgoing.url)
  const headers = { ...outgoing.headers }
  let { body } = outgoing
  let cuts: readonly Span[] = []
  for (const [place, name] of placesOf(findings)) {
    const spans = findings
      .filter((finding) => finding.place === place && (finding.name ?? '') === name)
      .map(({ span }) => span)
    if (spans.some((span) => span === undefined) || place === 'host' || place === 'path') return undefined
    const merged = merge(spans as Span[])
    if (place === 'query') url.search = cut(url.search.slice(1), merged, IN_QUERY)
    else if (place === 'header') headers[name] = cut(headers[name] ?? '', merged, PLACE_HOLDER)
    else if (body !== undefined) {
      cuts = merged
      body = Buffer.from(cut(body.toString('latin1'), merged, PLACE_HOLDER), 'latin1')
    }
  }
  return { outgoing: { url, headers, body }, cuts }
}

function placesOf(findings: readonly Finding[]): [Finding['place'], string][] {
  const known = new Map(
    findings.map(({ place, name = '' }) => [`${place} ${name}`, [place, name] as [Finding['place'], string]]),
  )
  return [...known.values()]
}

/** Spans that overlap become one, from first to last. */
function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((left, right) => left.start - right.start)) {
    const last = merged.at(-1)
    if (last !== undefined && span.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) }
    else merged.push(span)
  }
  return merged
}

function cut(text: string, spans: readonly Span[], stand: string): string {
  let at = 0
  const pieces: string[] = []
  for (const { start, end } of spans) {
    pieces.push(text.slice(at, start), stand)
    at = end
  }
  return pieces.join('') + text.slice(at)
}
