import type { Entry } from '../entries/entry.ts'
import { isHere } from './views.ts'

/** Something that went out, or was to, as the airlock put it on record: no path, no header, no content. */
export interface Crossing {
  readonly index: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** `request`: looked into before it left. `tunnel`: a program speaks TLS in it. `refused`: it stayed here. */
  readonly kind: 'request' | 'tunnel' | 'refused'
  /** Null for what named no host that could be read. */
  readonly host: string | null
  /** What it was for: `engine.anthropic`, `tool.web_fetch`. */
  readonly purpose: string | null
  readonly method: string | null
  /** Of a request its body; of a tunnel both ways together. Null while it is under way. */
  readonly out: number | null
  readonly back: number | null
  readonly status: number | null
  readonly durationMs: number | null
  /** Why it was refused, or did not end well. */
  readonly code: string | null
  /** Kinds of what the airlock took out, or saw and refused for. */
  readonly found: readonly string[]
  /** Names of secrets that the airlock put in. */
  readonly secrets: readonly string[]
  readonly viaTor: boolean
  /** It went to a program on this machine: nothing left. */
  readonly here: boolean
}

/** A request or tunnel as its entries tell: the one before it left, and the one about its end, where that is there. */
export function crossingOf(begun: Entry, end: Entry | undefined): Crossing {
  const isTunnel = begun.type === 'egress_tunnel_opened'
  const ended = end === undefined ? null : numberOf(end.facts?.bytes)
  return {
    ...wordsOf(begun),
    kind: isTunnel ? 'tunnel' : 'request',
    out: isTunnel ? ended : numberOf(begun.facts?.bytes),
    back: isTunnel ? null : ended,
    status: numberOf(end?.facts?.status),
    durationMs: end?.duration_ms ?? null,
    code: end?.code ?? null,
    here: [begun.facts?.host, end?.facts?.address].some((place) => isHere(textOf(place) ?? '')),
    found: listOf(begun.facts?.redacted),
  }
}

/** What the airlock refused, or held for a person. */
export function refusalOf(entry: Entry): Crossing {
  const nothing = { out: null, back: null, status: null, durationMs: null }
  return {
    ...wordsOf(entry),
    ...nothing,
    kind: 'refused',
    here: false,
    code: entry.code ?? null,
    found: listOf(entry.facts?.found),
  }
}

function wordsOf({ index, time, facts = {} }: Entry) {
  return {
    ...{ index, at: time, host: textOf(facts.host), purpose: textOf(facts.purpose), method: textOf(facts.method) },
    ...{ secrets: listOf(facts.secrets), viaTor: facts.via === 'tor' },
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

function listOf(value: unknown): readonly string[] {
  return textOf(value)?.split(',') ?? []
}
