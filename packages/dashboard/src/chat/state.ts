import type {
  ApprovalVerdict,
  Attachment,
  ChatMode,
  ServerFrame,
  StandingRule,
  Suggestion,
  TaintLabel,
  ToolPreview,
  ToolProgress,
  UndoState,
} from '@castellan/contracts'

/** The chat behind an address that names none. */
export const MAIN_CHAT = 'main'

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

/**
 * One thing in the chat, in the order in which it was said or done. `id` is stable for as long as the page lives; `seq` is where it
 * begins in the transcript, as far as the page heard it from there.
 */
export type Item = (
  | {
      readonly kind: 'asked'
      readonly id: number
      readonly text: string
      readonly attachments: readonly Attachment[]
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
      /** When it was asked for, in milliseconds since 1970; null where the page did not learn it. */
      readonly since: number | null
      /** How far it is, by its own word. */
      readonly progress: ToolProgress | null
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
  /** Frames of the transcript that were not read: those after one number and before another. */
  | {
      readonly kind: 'gap'
      readonly id: number
      readonly frames: number
      readonly after: number
      readonly before: number
    }
  /** The chat was deleted elsewhere: what is above is kept nowhere any more. */
  | { readonly kind: 'ended'; readonly id: number }
) & { readonly seq?: number }

export type ToolItem = Extract<Item, { kind: 'tool' }>

export type GapItem = Extract<Item, { kind: 'gap' }>

export interface ChatState {
  /** Frames of other chats pass it by. */
  readonly chatId: string
  readonly items: readonly Item[]
  /** Number of the newest frame of the transcript that `items` shows. */
  readonly lastSeq: number
  readonly running: boolean
  /** What its calls are held to beside their session’s mode; undefined until a frame said so. */
  readonly mode: ChatMode | null | undefined
  /** What is going on, in the gateway's words; after a turn was stopped, `idle` with the word for it. */
  readonly activity: { readonly state: FrameOf<'status'>['state']; readonly message: string } | null
  /** The gateway is not sending, because this page reads too slowly. */
  readonly paused: boolean
  readonly nextId: number
}

export const emptyChat: ChatState = {
  chatId: MAIN_CHAT,
  items: [],
  lastSeq: 0,
  running: false,
  mode: undefined,
  activity: null,
  paused: false,
  nextId: 1,
}

/** What stands at a place of the transcript: the last thing that begins there or before. Undefined where that was not read. */
export function itemAt({ items }: Pick<ChatState, 'items'>, seq: number): Item | undefined {
  return items.findLast((item) => item.seq !== undefined && item.seq <= seq)
}
