import {
  CastellanError,
  describeIssues,
  type Inverse,
  type LedgerIndex,
  type TaintLabel,
  type ToolContext,
  type ToolProgress,
  wellFormed,
} from '@castellan/contracts'
import type { Host } from '../host/index.ts'
import type { KeptInverses } from '../undo/kept.ts'
import type { Permit } from './approve.ts'
import { type Call, whyStopped } from './call.ts'
import type { CallParts } from './path.ts'
import type { Plan } from './plan.ts'

/** Time a tool has to stop after its signal, in milliseconds; after that the answer no longer waits for it. */
const GRACE_MS = 2000

/** How a run ended and what it left. */
export interface RunReport {
  readonly result:
    | { readonly ok: true; readonly output: unknown; readonly summary: string }
    | { readonly ok: false; readonly error: CastellanError }
  readonly durationMs: number
  /** What undoing needs. A run that failed may have one too: it may have changed something before it failed. */
  readonly inverse: Inverse | undefined
  /** The ledger entry that the call was about. */
  readonly target: LedgerIndex | undefined
}

/**
 * Runs the tool: until its deadline, until its caller goes away, and with its result held to its own contract. Never
 * throws; a failure is a report too.
 */
export async function run(
  { host, sessions, inverses, log }: CallParts,
  call: Call,
  { wallMs }: Plan,
  permit: Permit,
): Promise<RunReport> {
  const startedAt = performance.now()
  const abort = abortAfter(call, wallMs)
  const context = new RunContext(inverses, {
    host,
    call,
    agreed: hasAgreed(call, permit),
    labels: sessions.labels(call),
    signal: abort.signal,
  })
  const report = (result: RunReport['result']): RunReport => ({
    result,
    durationMs: Math.round(performance.now() - startedAt),
    inverse: context.inverse,
    target: context.aim,
  })
  try {
    abort.signal.throwIfAborted()
    const output = checkOutput(call, await settled(call.tool.run(call.input, context), abort.signal))
    return report({ ok: true, output, summary: call.tool.summary(output, call.input).toWellFormed() })
  } catch (error) {
    const known = error instanceof CastellanError ? error : abort.signal.aborted ? abort.signal.reason : undefined
    if (known instanceof CastellanError && known.code !== 'internal') return report({ ok: false, error: known })
    log.error({ err: error, call_id: call.call_id, tool: call.name }, 'a tool failed unexpectedly')
    const message = `${call.name} failed unexpectedly; agentd's log tells more under ${call.call_id}.`
    return report({ ok: false, error: new CastellanError('internal', message) })
  } finally {
    abort.release()
    context.close()
  }
}

/** What the tool is given. Once closed it refuses to be told more: what the outcome does not say must not happen. */
class RunContext implements ToolContext<Host> {
  readonly host: Host
  readonly call: Call
  readonly agreed: boolean
  readonly labels: readonly TaintLabel[]
  readonly signal: AbortSignal
  inverse: Inverse | undefined
  aim: LedgerIndex | undefined
  readonly #inverses: KeptInverses
  #closed = false

  constructor(inverses: KeptInverses, given: Pick<RunContext, 'host' | 'call' | 'agreed' | 'labels' | 'signal'>) {
    this.#inverses = inverses
    this.host = given.host
    this.call = given.call
    this.agreed = given.agreed
    this.labels = given.labels
    this.signal = given.signal
  }

  // Fields rather than methods: tools take them out of their context and call them on their own.
  readonly keepInverse = async (inverse: Inverse): Promise<void> => {
    this.#refuseIfClosed()
    if (this.call.tool.undo === 'none') throw new Error(`${this.call.name} says it keeps no inverse`)
    if (this.inverse !== undefined) throw new Error(`${this.call.name} kept two inverses`)
    this.inverse = inverse
    await this.#inverses.keep(this.call.call_id, { tool: this.call.name, ...inverse })
    this.#refuseIfClosed()
  }

  readonly progress = (progress: ToolProgress): void => {
    if (!this.#closed) this.call.onProgress?.(progress)
  }

  readonly target = (index: LedgerIndex): void => {
    this.#refuseIfClosed()
    this.aim = index
  }

  close(): void {
    this.#closed = true
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new CastellanError('cancelled', 'The call is over; nothing more may happen in its name.')
  }
}

function hasAgreed({ caller, agreedBefore }: Call, { kind }: Permit): boolean {
  return kind === 'grant' || caller === 'operator' || agreedBefore
}

function abortAfter({ tool, name, signal }: Call, wallMs: number): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(tooLong(name, tool.limits.timeoutMs, wallMs))
  }, wallMs)
  const onGone = () => controller.abort(whyStopped(signal, 'the call was stopped'))
  signal.addEventListener('abort', onGone, { once: true })
  if (signal.aborted) onGone()
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer)
      signal.removeEventListener('abort', onGone)
    },
  }
}

function tooLong(name: string, deadlineMs: number, wallMs: number): CastellanError {
  if (wallMs >= deadlineMs) {
    return new CastellanError('deadline_exceeded', `${name} did not finish within ${deadlineMs} ms and was stopped.`)
  }
  const message = `${name} was stopped after ${wallMs} ms: that was all the running time its budgets had left.`
  return new CastellanError('budget_exceeded', message)
}

/** Waits for a run; once its signal fired, no longer than {@link GRACE_MS}. A run that finishes in that time counts. */
async function settled(running: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  let grace: NodeJS.Timeout | undefined
  let onAbort: () => void = () => undefined
  const givenUp = new Promise<never>((_, reject) => {
    onAbort = () => {
      grace = setTimeout(() => reject(unstopped(signal.reason)), GRACE_MS)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
  try {
    return await Promise.race([running, givenUp])
  } finally {
    clearTimeout(grace)
    signal.removeEventListener('abort', onAbort)
  }
}

function unstopped(reason: CastellanError): CastellanError {
  const message = `${reason.message} It did not stop when told to: what it had begun may still be going on.`
  return new CastellanError(reason.code, message)
}

function checkOutput({ tool, name }: Call, output: unknown): unknown {
  const result = tool.output.safeParse(output)
  if (!result.success) throw new Error(`${name} broke its own contract: ${describeIssues(result.error, 'output')}`)
  const whole = wellFormed(result.data)
  const bytes = Buffer.byteLength(JSON.stringify(whole) ?? '')
  if (bytes <= tool.limits.outputBytes) return whole
  throw new CastellanError(
    'too_large',
    `The result of ${name} has ${bytes} bytes, more than the ${tool.limits.outputBytes} it may have. Ask for less at once.`,
  )
}
