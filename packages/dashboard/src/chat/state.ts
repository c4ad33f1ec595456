import type {
  ApprovalVerdict,
  ServerFrame,
  StandingRule,
  Suggestion,
  TaintLabel,
  ToolPreview,
  UndoState,
} from '@castellan/contracts'

/** The chat this page shows; frames of other chats of the owner pass it by. */
export const CHAT_ID = 'main'

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

export type { ApprovalVerdict }

export interface Approval {
  readonly id: FrameOf<'approval_required'>['approval_id']
  readonly reason: string
  readonly expiresAt: string
  readonly signing: FrameOf<'approval_required'>['signing']
  /** What would happen, or null and why that is not known. */
  readonly preview: ToolPreview | null
  readonly previewProblem: string | null
  /** What the session had taken in when it asked. */
  readonly taint: readonly TaintLabel[]
  readonly always: StandingRule
  /** Null where one yes is enough. */
  readonly votes: { readonly given: number; readonly needed: number } | null
  /** What this page answered, until the gateway says what came of it. */
  readonly answered: ApprovalVerdict | null
  readonly decision: { readonly state: FrameOf<'approval_decided'>['state']; readonly by: string | null } | null
}

export interface ToolOutcome {
  readonly ok: boolean
  readonly result: unknown
  readonly summary: string
  /** Ledger number; null when the call was refused before anything was written. */
  readonly ledgerIndex: number | null
  readonly undo: UndoState | null
}

/** One thing in the chat, in the order in which it was said or done. `id` is stable for as long as the page lives. */
export type Item =
  | {
      readonly kind: 'asked'
      readonly id: number
      readonly text: string
      /** `sending` until the gateway is known to have it; `lost` when it turned out that it never got it. */
      readonly delivery: 'sending' | 'sent' | 'lost'
    }
  | { readonly kind: 'answer'; readonly id: number; readonly text: string; readonly streaming: boolean }
  | {
      readonly kind: 'tool'
      readonly id: number
      readonly callId: string
      readonly name: string
      readonly args: Readonly<Record<string, unknown>>
      readonly approval: Approval | null
      readonly outcome: ToolOutcome | null
    }
  | {
      readonly kind: 'suggestions'
      readonly id: number
      readonly suggestions: readonly Suggestion[]
      /** The model asked its question in its own words just before. */
      readonly introduced: boolean
    }
  /** Something about the answers rather than one of them; `detail` is folded away. */
  | { readonly kind: 'note'; readonly id: number; readonly text: string; readonly detail: string | null }
  | { readonly kind: 'error'; readonly id: number; readonly code: string; readonly message: string }
  /** Frames that are gone for good; null when the gateway was restarted and does not know how many. */
  | { readonly kind: 'gap'; readonly id: number; readonly frames: number | null }

export type ToolItem = Extract<Item, { kind: 'tool' }>

export interface ChatState {
  readonly items: readonly Item[]
  /** Number of the newest frame of the transcript that `items` shows. */
  readonly lastSeq: number
  readonly running: boolean
  /** What is going on, in the gateway's words; after a turn was stopped, `idle` with the word for it. */
  readonly activity: { readonly state: FrameOf<'status'>['state']; readonly message: string } | null
  /** The gateway is not sending, because this page reads too slowly. */
  readonly paused: boolean
  readonly nextId: number
}

export const emptyChat: ChatState = {
  items: [],
  lastSeq: 0,
  running: false,
  activity: null,
  paused: false,
  nextId: 1,
}
