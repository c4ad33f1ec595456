import { z } from 'zod'
import { canonicalJson } from './canonical.ts'
import { type AgentName, type CallId, type LedgerIndex, type SessionId, ToolName } from './ids.ts'

/** What a tool does to the machine: nothing, something that can be taken back, something that cannot. */
export const ToolEffect = z.enum(['read', 'change', 'destroy'])
export type ToolEffect = z.infer<typeof ToolEffect>

/** How an act is taken back: not at all, by going back a NixOS generation, by an inverse kept with its ledger entry. */
export const UndoKind = z.enum(['none', 'generation', 'inverse'])
export type UndoKind = z.infer<typeof UndoKind>

export const ToolLimits = z.strictObject({
  /** Deadline of one run, in milliseconds. */
  timeoutMs: z.int().positive(),
  /** Cap of the JSON result, in bytes; a tool cuts its own result and says `truncated: true`. */
  outputBytes: z.int().positive(),
  /** Calls a session may make in one minute. */
  perMinute: z.int().positive(),
})
export type ToolLimits = z.infer<typeof ToolLimits>

/**
 * What a result brings into the session that asked for it: words somebody else may have chosen (a log, a page, a file of
 * another user), or something that must not leave the machine. A session keeps every label it ever took.
 */
export const TaintLabel = z.enum(['untrusted-text', 'secret'])
export type TaintLabel = z.infer<typeof TaintLabel>

/** What on the machine a call is about; policy decides by it. `id` is canonical: an absolute path, a full unit name. */
export const ToolResource = z.strictObject({
  kind: z.enum(['path', 'unit', 'host', 'option', 'generation', 'process', 'app', 'model', 'mcp-server', 'machine']),
  id: z.string().min(1).max(4096),
  access: z.enum(['read', 'write']),
  /** For a path: all that lies below it is read or changed as well. */
  tree: z.boolean().optional(),
})
export type ToolResource = z.infer<typeof ToolResource>

/** What a call would do, for the person who is asked about it. Making it changes nothing. */
export const ToolPreview = z.strictObject({
  /** What will happen, a sentence a line. */
  effects: z.array(z.string().max(2000)).max(100),
  /** Unified diff of text that will change; cut at 64 KiB, the last line then says so. */
  diff: z.string().max(65_536).optional(),
  /** What undo can and cannot take back, one sentence. */
  undo: z.string().max(2000),
})
export type ToolPreview = z.infer<typeof ToolPreview>

/** How far long work is. `done` and `total` are in the tool's own steps; `total` is absent where nobody knows it. */
export const ToolProgress = z.strictObject({
  message: z.string().max(500),
  done: z.number().min(0).optional(),
  total: z.number().positive().optional(),
})
export type ToolProgress = z.infer<typeof ToolProgress>

/** A tool as it is shown to models, clients and people. Schemas are JSON Schema 2020-12. */
export const ToolDescriptor = z.strictObject({
  name: ToolName,
  title: z.string(),
  description: z.string(),
  effect: ToolEffect,
  undo: UndoKind,
  limits: ToolLimits,
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()),
})
export type ToolDescriptor = z.infer<typeof ToolDescriptor>

/** What a tool that can be undone hands back beside its output: all that undoing the act will need. */
export interface Inverse {
  /** What undoing would do, one sentence for people. */
  readonly description: string
  /** Data for the tool's own `revert`; JSON, kept with the ledger entry. */
  readonly data: unknown
}

/** Who asked for a call: an agent through agent.sock, the operator (root) through operator.sock, or agentd for a routine or a watcher. */
export interface CallOrigin {
  readonly call_id: CallId
  readonly session: SessionId
  readonly agent: AgentName
  readonly caller: 'agent' | 'operator' | 'routine'
}

export interface ToolContext<Host> {
  readonly host: Host
  readonly call: CallOrigin
  /** Whether a person agreed to exactly this call: a grant was spent for it, or the operator made it. */
  readonly agreed: boolean
  /** What the session of this call has taken in by now. */
  readonly labels: readonly TaintLabel[]
  /** Aborted when the deadline passes or the caller goes away. */
  readonly signal: AbortSignal
  /** `inverse` tools call this once and await it before they change anything: then the inverse is on disk, whatever comes. */
  keepInverse(inverse: Inverse): Promise<void>
  /** Tells whoever waits how far long work is; at most a few times a second. */
  progress(progress: ToolProgress): void
  /** Names the ledger entry that this call is about, such as the act an undo takes back; the outcome entry links to it. */
  target(index: LedgerIndex): void
}

/** What `revert` gets. Without `force` it refuses with `world_moved_on` where the act's result was changed since. */
export interface RevertContext<Host> extends ToolContext<Host> {
  /** The operator insists: take it back even though the machine moved on. Never true for an agent. */
  readonly force: boolean
  /** agentd ended in the middle of the act: where its effect did not happen, there is nothing to take back, and that is fine. */
  readonly interrupted: boolean
}

/** What a preview may look at. It reads the machine through the ports and changes nothing. */
export interface PreviewContext<Host> {
  readonly host: Host
  readonly signal: AbortSignal
}

/** What looking ahead at an undo may look at, as {@link RevertContext} has it. */
export interface RevertPreviewContext<Host> extends PreviewContext<Host> {
  readonly interrupted: boolean
}

/** What undoing an act would do now. `movedOn` says why it would refuse without `force`: what changed since. */
export interface RevertPreview extends ToolPreview {
  readonly movedOn?: string
}

/** A tool is one value: contract and implementation side by side. `Host` is what the tool may touch. */
export interface ToolDefinition<Host, Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly title: string
  /** When to use it and what it answers, for models and people; two sentences at most. */
  readonly description: string
  readonly input: Input
  readonly output: Output
  readonly effect: ToolEffect
  readonly undo: UndoKind
  readonly limits: ToolLimits
  /** One or two sentences for people, with the figures that matter. */
  readonly summary: (output: z.infer<Output>, input: z.infer<Input>) => string
  readonly run: (input: z.infer<Input>, context: ToolContext<Host>) => Promise<z.infer<Output>>
  /** What on the machine this call is about, before it runs; may resolve names through the ports. Absent: nothing that policy could name. */
  readonly resources?: (input: z.infer<Input>, host: Host) => readonly ToolResource[] | Promise<readonly ToolResource[]>
  /** What the result brings into the session. Absent: nothing. */
  readonly taints?: (output: z.infer<Output>, input: z.infer<Input>) => readonly TaintLabel[]
  /** What this call would do, for the person who is asked. Absent: the call itself says it all. */
  readonly preview?: (input: z.infer<Input>, context: PreviewContext<Host>) => Promise<ToolPreview>
  /** Only where `undo` is `inverse`: what `revert` would do now. Reads only. */
  readonly revertPreview?: (data: unknown, context: RevertPreviewContext<Host>) => Promise<RevertPreview>
  /** Only where `undo` is `inverse`: takes back one run. It changes the machine, so it keeps an inverse of its own. */
  readonly revert?: (data: unknown, context: RevertContext<Host>) => Promise<{ summary: string }>
}

/** The descriptor of a tool: its schemas as JSON Schema, everything else as it stands. */
export function describeTool(tool: ToolDefinition<never>): ToolDescriptor {
  return {
    name: ToolName.parse(tool.name),
    title: tool.title,
    description: tool.description,
    effect: tool.effect,
    undo: tool.undo,
    limits: tool.limits,
    inputSchema: z.toJSONSchema(tool.input, { io: 'input' }) as Record<string, unknown>,
    outputSchema: z.toJSONSchema(tool.output) as Record<string, unknown>,
  }
}

/**
 * The exact text (RFC 8785) whose SHA-256 is a tool's hash: what a model is told of it, and what its arguments and
 * results have to be. A client that pinned the hash knows when any of that is no longer what it agreed to.
 */
export function toolContract({ name, description, inputSchema, outputSchema }: ToolDescriptor): string {
  return canonicalJson({ name, description, inputSchema, outputSchema })
}
