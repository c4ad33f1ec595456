import type { CheckedHardening } from '../host/hardening/hardening.ts'
import type { Host } from '../host/index.ts'

/** The ports that rules look through. */
export type LookedAt = Pick<
  Host,
  'nix' | 'storage' | 'system' | 'systemd' | 'journal' | 'history' | 'hardening' | 'network'
>

/** What a rule looks with. */
export interface Ground {
  readonly host: LookedAt
  readonly signal: AbortSignal
  /** The hardening checks, made once however many rules ask. */
  readonly hardening: () => Promise<readonly CheckedHardening[]>
  readonly now: Date
}

/** `fine`: nothing to gain. `unknown`: this agentd cannot look. `not_applicable`: this host has no such thing. */
export type LookOutcome = 'suggest' | 'fine' | 'unknown' | 'not_applicable'

export interface Look {
  readonly outcome: LookOutcome
  /** What was found, in a sentence. */
  readonly evidence: string
  /** The figures it rests on, with their units in the names. */
  readonly figures: Readonly<Record<string, number>>
}

/** A value as JSON holds it. */
export type OptionValue = boolean | number | string

/** One thing that makes a host run better, and the one NixOS option that brings it about. */
export interface Rule {
  readonly id: string
  readonly title: string
  readonly option: string
  /** What to set it to, where the configuration has `now`. Text that is there already stays. */
  readonly value: (now: unknown) => OptionValue
  /** What it costs or may break, in a sentence or two. */
  readonly cost: string
  readonly look: (ground: Ground) => Promise<Look>
}

type Figures = Look['figures']

export const suggest = (evidence: string, figures: Figures = {}): Look => ({ outcome: 'suggest', evidence, figures })
export const fine = (evidence: string, figures: Figures = {}): Look => ({ outcome: 'fine', evidence, figures })
export const unknown = (evidence: string): Look => ({ outcome: 'unknown', evidence, figures: {} })
export const notApplicable = (evidence: string): Look => ({ outcome: 'not_applicable', evidence, figures: {} })

/** The value of an option that is the same whatever was there before. */
export const always = (value: OptionValue) => () => value
