import { InspectionClass } from '@castellan/contracts'
import { kindsOf, leakError } from '../inspection/describe.ts'
import type { Finding, Span } from '../inspection/finding.ts'
import type { Marks } from '../inspection/marks.ts'
import { scanPart } from '../inspection/scan.ts'

/** What a search engine needs to know of nobody: every class, e-mail addresses and phone numbers too. */
const ALL: ReadonlySet<InspectionClass> = new Set(InspectionClass.options)

/** Takes out of questions what would tell more than what is asked. */
export class Scrubber {
  readonly #marks: Marks

  constructor(marks: Marks) {
    this.#marks = marks
  }

  /** The question without it, and kinds of what was taken out. Throws `egress_leak` where it cannot be taken out, or nothing is left. */
  scrub(question: string): { readonly query: string; readonly kinds: string[] } {
    const findings = this.#find(question)
    if (findings.length === 0) return { query: question, kinds: [] }
    const spans = findings.map(({ span }) => span)
    const query = spans.includes(undefined) ? '' : without(question, spans as Span[])
    if (query === '' || this.#find(query).length > 0) throw leakError(findings, 'the search engine')
    return { query, kinds: kindsOf(findings) }
  }

  #find(text: string): Finding[] {
    const findings: Finding[] = []
    for (const _text of scanPart({ place: 'query', text }, this.#marks, ALL, findings));
    return findings
  }
}

function without(text: string, spans: readonly Span[]): string {
  let at = 0
  let left = ''
  for (const { start, end } of spans.toSorted((first, second) => first.start - second.start)) {
    if (start > at) left += text.slice(at, start)
    at = Math.max(at, end)
  }
  return (left + text.slice(at)).replace(/\s+/g, ' ').trim()
}
