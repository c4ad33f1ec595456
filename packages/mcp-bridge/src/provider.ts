import type { AgentName, SessionId, ToolProgress } from '@castellan/contracts'
import type {
  CallToolResult,
  CompleteRequestParams,
  CompleteResult,
  GetPromptResult,
  InputRequiredResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
  ServerContext,
  Tool,
} from '@modelcontextprotocol/server'

/** Who is at the other end, as the place it connected to knows it. Nothing of it is what the client says of itself. */
export interface Client {
  /** The name under which its calls are decided and recorded. */
  readonly agent: AgentName
  readonly session: SessionId
  /** Whose the client's states, tasks and kept results are: its session, or what its sessions of several days have in common. */
  readonly owner: SessionId
}

/** One request of a client. */
export interface Request {
  readonly client: Client
  readonly era: 'legacy' | 'modern'
  /** The SDK's own view of it, for what is not said here. */
  readonly context: ServerContext
  /** Aborted when the client no longer wants it. */
  readonly signal: AbortSignal
  /** Where progress goes, if anybody listens. */
  readonly onProgress: ((progress: ToolProgress) => void) | undefined
  /** What the client came back with, opened; null where it brought something that was not sealed here. */
  readonly state: unknown
}

/** Something that a client can use over MCP. Each list is in a fixed order. Who does not know a name answers undefined. */
export interface Provider {
  tools?(): Promise<readonly Tool[]>
  callTool?(
    name: string,
    args: Record<string, unknown>,
    request: Request,
  ): Promise<CallToolResult | InputRequiredResult | undefined>
  /** Whether a call of a tool may become a task, or can be nothing else; `none` without it. */
  taskSupport?(name: string): Promise<'none' | 'optional' | 'required'>
  resources?(request: Request): Promise<readonly Resource[]>
  resourceTemplates?(): Promise<readonly ResourceTemplateType[]>
  readResource?(uri: string, request: Request): Promise<ReadResourceResult | InputRequiredResult | undefined>
  prompts?(request: Request): Promise<readonly Prompt[]>
  getPrompt?(
    name: string,
    args: Record<string, string>,
    request: Request,
  ): Promise<GetPromptResult | InputRequiredResult | undefined>
  complete?(params: CompleteRequestParams, request: Request): Promise<CompleteResult | undefined>
  /** Where it can be told that a client wants to hear of changes of a resource. */
  subscribe?(uri: string, wanted: boolean): Promise<void>
  /** Whether its tools log to the client. */
  readonly logs?: boolean
  /** Called whenever the list of tools is another one. Answers how to stop that. */
  onToolsChanged?(listener: () => void): () => void
}
