import type { InspectionClass } from '@castellan/contracts'

/** Where in a text something was found: from the first character to the one after the last. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What a detector saw in a text. It never holds the text itself. */
export interface Hit extends Span {
  readonly class: InspectionClass
  /** A word for people and for the ledger: `anthropic_key`, `payment_card`. */
  readonly kind: string
}

export type Report = (hit: Hit) => void

/** A part of a request that is looked at by itself. */
export type Place = 'host' | 'path' | 'query' | 'header' | 'body'

/** What was found in a request. */
export interface Finding {
  readonly class: InspectionClass
  readonly kind: string
  readonly place: Place
  /** Of the header or the query's field. */
  readonly name?: string
  /** Where it can be cut out of that part; undefined where the part has to be taken as a whole. */
  readonly span: Span | undefined
}
