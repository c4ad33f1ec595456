import type { ErrorCode } from '@castellan/contracts'
import type { ConversationBook } from '../conversations/book.ts'
import type { InsightBook, InsightLimits } from '../insights/book.ts'
import type { DecisionBook, DecisionLimits } from '../replay/book.ts'

export interface StorePlaces {
  readonly conversations: { readonly path: string; readonly key: Uint8Array }
  readonly insights: { readonly path: string; readonly key: Uint8Array; readonly limits: InsightLimits }
  readonly decisions: { readonly path: string; readonly key: Uint8Array; readonly limits: DecisionLimits }
}

export interface Stores {
  readonly conversations: ConversationBook
  readonly insights: InsightBook
  readonly decisions: DecisionBook
}

/** The names of what a store can be asked to do. */
export type MethodOf<Store> = {
  [Name in keyof Store]: Store[Name] extends (...args: never[]) => unknown ? Name : never
}[keyof Store]

export interface Question {
  readonly id: number
  readonly store: keyof Stores
  readonly method: string
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly fault?: { readonly code: ErrorCode; readonly message: string }
}
