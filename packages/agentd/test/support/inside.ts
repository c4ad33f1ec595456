import { fileURLToPath } from 'node:url'
import type { Inverse } from '@castellan/contracts'
import { ThrowawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import type { Step } from './call-tools.ts'

/** What came of a step inside a throwaway host; which fields there are depends on the step. */
export interface Answer {
  readonly output: Record<string, unknown>
  readonly summary: string
  readonly taints: readonly string[]
  readonly inverse: Inverse | null
  readonly error?: { readonly code: string; readonly message: string }
  readonly effects: readonly string[]
  readonly undo: string
  readonly movedOn?: string
}

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const script = fileURLToPath(new URL('./call-tools.ts', import.meta.url))

/** A throwaway host in which tools can be called. */
export class Inside implements AsyncDisposable {
  readonly host: ThrowawayHost

  private constructor(host: ThrowawayHost) {
    this.host = host
  }

  static async boot(): Promise<Inside> {
    return new Inside(await ThrowawayHost.start({ readOnly: [repository] }))
  }

  /** Starting Node takes longer than a call, so steps that belong together go together. `within` is a command to start it by. */
  async steps(steps: readonly Step[], within: readonly string[] = []): Promise<Answer[]> {
    const argv = [...within, process.execPath, '--conditions=source', script, JSON.stringify(steps)]
    const { stdout } = await this.host.run(argv)
    return JSON.parse(stdout)
  }

  /** Calls tools one after the other: a name and arguments each. */
  async calls<const Calls extends readonly [string, Record<string, unknown>?][]>(
    ...calls: Calls
  ): Promise<{ [Key in keyof Calls]: Answer }> {
    const steps = calls.map(([name, args = {}]) => ({ name, args }))
    return (await this.steps(steps)) as { [Key in keyof Calls]: Answer }
  }

  async shell(script: string): Promise<string> {
    return (await this.host.run(['sh', '-ec', script])).stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]()
  }
}
