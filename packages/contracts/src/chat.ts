import { z } from 'zod'
import { StandingRule } from './approvals.ts'
import { UndoState } from './calls.ts'
import { EngineKind } from './engines.ts'
import { LedgerNews, Vitals } from './happenings.ts'
import { AgentName, ApprovalId, CallId, LedgerIndex, OperatorKeyId, Timestamp } from './ids.ts'
import { PasskeyAssertion } from './operators.ts'
import { ChatMode } from './sessions.ts'
import { TaintLabel, ToolPreview, ToolProgress } from './tools.ts'

/** Largest frame a client may send on `/ws`, in bytes; a larger one closes the socket with 1009. */
export const MAX_FRAME_BYTES = 64 * 1024

export const ChatId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
export type ChatId = z.infer<typeof ChatId>

/**
 * A person's word on the chat socket. The proof comes from an operator key, as `signature` (Ed25519) or `assertion` (a
 * passkey); a socket opened with the owner's token needs none, but for `always`.
 */
const verdictFields = {
  approval_id: ApprovalId,
  key_id: OperatorKeyId.optional(),
  signature: z.base64().optional(),
  assertion: PasskeyAssertion.optional(),
}

/** Files that one message may bring along. */
export const MAX_ATTACHMENTS = 4
/** Longest text of one of them, in characters; the frame has to fit into {@link MAX_FRAME_BYTES} with all of them. */
export const MAX_ATTACHED_CHARACTERS = 32_768

/** A text file that a person attached. Whoever wrote it, it is data: never markup, and never an instruction. */
export const Attachment = z.strictObject({
  /** A file's name, without a path. */
  name: z
    .string()
    .max(120)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]+$/u, 'must be a name without a path, of at most 120 visible characters'),
  text: z.string().min(1, 'must not be empty').max(MAX_ATTACHED_CHARACTERS, 'must be at most 32768 characters'),
})
export type Attachment = z.infer<typeof Attachment>

/** What a client may send on `/ws`. */
export const ClientFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('chat'),
    text: z.string().trim().min(1, 'must not be empty').max(32_768, 'must be at most 32768 characters'),
    chat_id: ChatId.optional(),
    /** Whom a chat that begins belongs to; of one that is there already it has to be its agent. */
    agent: AgentName.optional(),
    /** Not with a command. From here on the chat's session counts as one that has read what others wrote. */
    attachments: z.array(Attachment).min(1).max(MAX_ATTACHMENTS).optional(),
  }),
  z.strictObject({ type: z.literal('abort'), chat_id: ChatId.optional() }),
  z.strictObject({ type: z.literal('approve'), ...verdictFields }),
  z.strictObject({ type: z.literal('deny'), ...verdictFields }),
  z.strictObject({ type: z.literal('always'), ...verdictFields }),
  /** From here on this socket is also told what the ledger is told, and how busy the machine is, until it closes. */
  z.strictObject({
    type: z.literal('follow'),
    /** How many entries of the ledger the client knows of already; the first answer has what came after them. */
    after: z.int().min(0).optional(),
  }),
])
export type ClientFrame = z.infer<typeof ClientFrame>

/** A reading of an unclear request that the model offers instead of acting on it. */
export const Suggestion = z.strictObject({
  /** The slash command that carries it out, e.g. `/call disk_usage {}`. */
  command: z.string(),
  label: z.string(),
  confidence: z.number().min(0).max(1),
})
export type Suggestion = z.infer<typeof Suggestion>

/** A fact that came up for a message. Its text is data of whoever stored it, never an instruction. */
export const RecalledFact = z.strictObject({
  id: z.int(),
  text: z.string(),
  /** Where it is known from, in the words of whoever stored it. */
  source: z.string(),
  /** Who stored it, and when. */
  by: z.string(),
  stored_at: Timestamp,
  confidence: z.number().min(0).max(1),
  /** What the session that stored it had taken in. */
  labels: z.array(TaintLabel),
})
export type RecalledFact = z.infer<typeof RecalledFact>

const chat = {
  chat_id: ChatId.optional(),
  /** Position in the chat's transcript, counted from 1; absent on frames that the transcript does not keep. */
  seq: z.int().min(1).optional(),
}

/** What the gateway sends on `/ws`. `chat_id` is absent only on frames that belong to no chat. */
export const ServerFrame = z.discriminatedUnion('type', [
  /** What a person said on another of the owner's sockets; the socket that said it does not hear it again. */
  z.strictObject({
    type: z.literal('asked'),
    text: z.string(),
    attachments: z.array(Attachment).optional(),
    ...chat,
  }),
  z.strictObject({
    type: z.literal('status'),
    /** `frozen`: the operator stopped all agents (docs/emergency.md); about no chat in particular. */
    state: z.enum(['ready', 'loading', 'thinking', 'running', 'waiting', 'idle', 'frozen']),
    message: z.string().optional(),
    ...chat,
  }),
  /** `aside`: the whole answer to a command that was given while a turn runs; it belongs to no turn and has no `done`. */
  z.strictObject({ type: z.literal('text'), text: z.string(), aside: z.literal(true).optional(), ...chat }),
  z.strictObject({ type: z.literal('suggestions'), suggestions: z.array(Suggestion), ...chat }),
  z.strictObject({
    type: z.literal('tool_use'),
    call_id: CallId,
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    ...chat,
  }),
  /** How far the call that runs is; of interest only while it does, so the transcript has none of them. */
  z.strictObject({ type: z.literal('progress'), call_id: CallId, ...ToolProgress.shape, ...chat }),
  z.strictObject({
    type: z.literal('tool_result'),
    call_id: CallId,
    name: z.string(),
    ok: z.boolean(),
    result: z.unknown(),
    /** Null when the call was refused before anything was written to the ledger. */
    ledger_index: LedgerIndex.nullable(),
    summary: z.string(),
    undo: UndoState.optional(),
    /** It must not leave the machine: models elsewhere are not told of it. */
    secret: z.literal(true).optional(),
    ...chat,
  }),
  z.strictObject({
    type: z.literal('approval_required'),
    approval_id: ApprovalId,
    call_id: CallId,
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    reason: z.string(),
    expires_at: Timestamp,
    /** What an operator key signs; `always` only where there is a standing rule to sign. */
    signing: z.strictObject({ approve: z.string(), deny: z.string(), always: z.string().optional() }),
    /** What would happen; see `Approval`. Text of tools and files: neither markup nor instructions. */
    preview: ToolPreview.optional(),
    preview_problem: z.string().optional(),
    /** What the session had taken in by then. */
    taint: z.array(TaintLabel).optional(),
    always: StandingRule.optional(),
    /** How many different people have to say yes, and how many have; absent where one is enough. */
    votes: z.strictObject({ given: z.int(), needed: z.int() }).optional(),
    ...chat,
  }),
  /** One yes of several that are needed. */
  z.strictObject({
    type: z.literal('approval_vote'),
    approval_id: ApprovalId,
    by: z.string(),
    given: z.int(),
    needed: z.int(),
    ...chat,
  }),
  z.strictObject({
    type: z.literal('approval_decided'),
    approval_id: ApprovalId,
    state: z.enum(['approved', 'denied', 'expired', 'withdrawn', 'void']),
    by: z.string().optional(),
    ...chat,
  }),
  /** What answers in this turn thinks elsewhere: `host` is sent the conversation. Comes before anything is sent. */
  z.strictObject({
    type: z.literal('model'),
    engine: EngineKind,
    model: z.string().nullable(),
    host: z.string(),
    ...chat,
  }),
  /** What happened on the way to an answer: another try, another credential. */
  z.strictObject({ type: z.literal('notice'), text: z.string(), ...chat }),
  /** What a model thought before it spoke; no part of its answer, cut at 32 KiB. */
  z.strictObject({ type: z.literal('reasoning'), text: z.string(), ...chat }),
  /** The oldest exchanges no longer fitted into the model's context: from here on it sees this summary of them. */
  z.strictObject({
    type: z.literal('compacted'),
    summary: z.string(),
    exchanges: z.int().min(1),
    /** `outline`: put together by rule, because the model did not summarise. */
    by: z.enum(['model', 'outline']),
    ...chat,
  }),
  /** What the turn used, once, before its `done`. Null is what the provider did not tell or the owner gave no price for. */
  z.strictObject({
    type: z.literal('usage'),
    engine: EngineKind,
    model: z.string().nullable(),
    /** Null on this machine. */
    host: z.string().nullable(),
    /** How often the model was asked. */
    answers: z.int().min(1),
    prompt_tokens: z.int().nullable(),
    /** The part of `prompt_tokens` that the provider still had from before. */
    cached_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    /** US dollars. */
    cost: z.number().nullable(),
    ...chat,
  }),
  /** What was recalled from memory for this message: exactly this is sent to the model besides what was said. */
  z.strictObject({
    type: z.literal('recalled'),
    call_id: CallId,
    about: z.string(),
    facts: z.array(RecalledFact),
    /** Facts that came up and found no room in the budget. */
    left_out: z.int().min(0),
    /** About how many tokens of the context they take. */
    tokens: z.int().min(0),
    ledger_index: LedgerIndex.nullable(),
    /** Why nothing could be recalled. */
    problem: z.string().optional(),
    ...chat,
  }),
  /** From here on the chat's calls are held to this mode beside that of its session; null: to that alone. */
  z.strictObject({ type: z.literal('mode'), mode: ChatMode.nullable(), ...chat }),
  z.strictObject({ type: z.literal('done'), ...chat }),
  z.strictObject({ type: z.literal('error'), code: z.string(), message: z.string(), ...chat }),
  /** After `follow`: what the ledger was told since the last of these. */
  z.strictObject({ type: z.literal('ledger'), ...LedgerNews.shape }),
  /** After `follow`: how busy the machine is, every few seconds. */
  z.strictObject({ type: z.literal('vitals'), ...Vitals.shape }),
  z.strictObject({ type: z.literal('backpressure_pause') }),
  z.strictObject({ type: z.literal('backpressure_resume'), dropped_frames: z.int().min(0) }),
])
export type ServerFrame = z.infer<typeof ServerFrame>

/** What a chat said, in order; see `getTranscript`. */
export const Transcript = z.strictObject({
  chat_id: ChatId,
  /** Whether a turn is running now. */
  running: z.boolean(),
  /** The newest `seq` of the chat; 0 when nothing was said yet. */
  last_seq: z.int().min(0),
  /** Older frames after the `seq` that was asked for, which are left out because only the newest were wanted. */
  forgotten: z.int().min(0),
  /** Newer frames follow: ask again, after the last `seq` here. */
  more: z.boolean(),
  /** In order. Text deltas that follow each other come as one frame, whose `seq` is that of the last. */
  entries: z.array(z.strictObject({ at: Timestamp, frame: ServerFrame })),
})
export type Transcript = z.infer<typeof Transcript>
