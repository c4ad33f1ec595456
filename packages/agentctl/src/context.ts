import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CastellanError, type ErrorCode, type Instance, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { findInstance, stateFolder } from './state.ts'
import type { Terminal } from './terminal.ts'

/** What every command gets: the terminal, the state folder, and connections made when first needed. */
export class Context {
  readonly terminal: Terminal
  readonly stateFolder: string
  #instance: Promise<Instance> | undefined
  readonly #clients: UnixClient[] = []

  constructor(terminal: Terminal, stateOption: string | undefined, env: NodeJS.ProcessEnv) {
    this.terminal = terminal
    this.stateFolder = stateFolder(stateOption, env)
  }

  instance(): Promise<Instance> {
    this.#instance ??= findInstance(this.stateFolder)
    return this.#instance
  }

  /** agentd as the operator: calls need no approval, decisions need no proof. */
  async operator(): Promise<UnixClient> {
    const { operatorSocket } = await this.instance()
    return this.#connect(operatorSocket, 'the operator socket of agentd')
  }

  /** The same where agentd answers; undefined where nothing runs, for commands that can work on the files then. */
  async operatorIfRunning(): Promise<UnixClient | undefined> {
    try {
      const operator = await this.operator()
      await operator.request('GET', '/v1/health', { schema: ProcessHealth })
      return operator
    } catch (error) {
      if (error instanceof CastellanError && error.code === 'agentd_unavailable') return undefined
      throw error
    }
  }

  /** agentd as an agent sees it: policy and approvals apply. Of this instance, or wherever its socket was brought to. */
  async agent(socket?: string): Promise<UnixClient> {
    return this.#connect(socket ?? (await this.instance()).agentSocket, 'the agent socket of agentd')
  }

  /** The airlock as the operator, who alone says what may leave. */
  async airlock(): Promise<UnixClient> {
    const { operatorSocket, airlockOperatorSocket } = await this.instance()
    const socket = airlockOperatorSocket ?? join(dirname(operatorSocket), 'airlock-operator.sock')
    return this.#connect(socket, 'the operator socket of the airlock', 'airlock_unavailable')
  }

  /** The airlock as the gateway has it: what is asked here leaves this machine, where the list lets it. */
  async wayOut(): Promise<UnixClient> {
    const { operatorSocket, airlockSocket } = await this.instance()
    const socket = airlockSocket ?? join(dirname(operatorSocket), 'airlock.sock')
    return this.#connect(socket, 'the socket of the airlock', 'airlock_unavailable')
  }

  /** The engine of this machine. */
  async engine(): Promise<UnixClient> {
    const { operatorSocket, engineSocket } = await this.instance()
    const socket = engineSocket ?? join(dirname(operatorSocket), 'engine.sock')
    return this.#connect(socket, 'the socket of the engine', 'engine_unavailable')
  }

  /** The owner's bearer token for the gateway; read when needed, never kept or printed. */
  async token(): Promise<string> {
    const { tokenFile } = await this.instance()
    try {
      return (await readFile(tokenFile, 'utf8')).trim()
    } catch (cause) {
      const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT'
      throw new CastellanError(
        'unauthorized',
        isGone
          ? `The token file ${tokenFile} is gone: stop Castellan and start it again, it makes a new one.`
          : `The token file ${tokenFile} cannot be read: run agentctl as the user who started Castellan.`,
        { cause },
      )
    }
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  #connect(socketPath: string, peer: string, unavailable: ErrorCode = 'agentd_unavailable'): UnixClient {
    const client = new UnixClient({ socketPath, unavailable, peer })
    this.#clients.push(client)
    return client
  }
}
