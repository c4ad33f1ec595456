import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeTool, type Inverse, type TaintLabel, type ToolPreview, type ToolResource } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { Backups } from '../../src/backup/backups.ts'
import { Recipient, RecipientFile } from '../../src/backup/recipient.ts'
import { Unlocked } from '../../src/backup/unlocked.ts'
import { createHost, type HostOptions } from '../../src/host/create.ts'
import type { Grant } from '../../src/host/files/files.ts'
import type { Host } from '../../src/host/host.ts'
import { ModelsConfig } from '../../src/models/settings.ts'
import { StateKeys } from '../../src/state/keys.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { SafeSwitch } from '../../src/switch/index.ts'
import { SwitchPlan } from '../../src/switch/record.ts'
import { tools } from '../../src/tools/index.ts'
import { memoryRegistryLedger } from './registry-ledger.ts'

/** What a call of a tool gave: its validated output, the sentence for people, and how to take it back. */
export interface Answer {
  readonly output: Record<string, unknown>
  readonly summary: string
  readonly inverse: Inverse | null
  readonly taints: readonly TaintLabel[]
}

/** This very machine behind the real ports, with a workspace and a trash of its own in a temporary folder. */
export interface Machine extends AsyncDisposable {
  readonly host: Host
  /** The temporary folder: `workspace` and `state` lie in it, and room for what is outside. */
  readonly folder: string
  readonly workspace: string
  readonly signal: AbortSignal
  /** Validates the arguments, runs the tool, validates its output: what the call path does around a tool. */
  call(name: string, args?: Record<string, unknown>): Promise<Answer>
  resources(name: string, args?: Record<string, unknown>): Promise<readonly ToolResource[]>
  preview(name: string, args?: Record<string, unknown>): Promise<ToolPreview | undefined>
  revert(name: string, inverse: Inverse | null, force?: boolean, interrupted?: boolean): Promise<Inverse | null>
}

export interface MachineOptions {
  readonly grants?: (folder: string) => Grant[]
  readonly ledger?: HostOptions['ledger']
  readonly nixos?: HostOptions['nixos']
  readonly replace?: Partial<Host>
}

export async function openMachine({ grants, ledger, nixos, replace }: MachineOptions = {}): Promise<Machine> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'castellan-tools-')))
  const workspace = join(folder, 'workspace')
  const host = {
    ...(await createHost({
      grants: [{ path: workspace, access: 'write' }, ...(grants?.(folder) ?? [])],
      stateDir: join(folder, 'state'),
      keys: await StateKeys.open(await privateFolder(folder, 'state')),
      backups: await openBackups(folder),
      trash: { quotaBytes: 256 * 1024 * 1024, maxAgeDays: 30 },
      ledger: ledger ?? absent('ledger'),
      undo: absent('undo'),
      approvals: absent('approvals'),
      capabilities: absent('capabilities'),
      policy: absent('policy'),
      routines: absent('routines'),
      mcpServers: absent('MCP servers'),
      watchers: absent('watchers'),
      skills: absent('skills'),
      integrity: absent('integrity'),
      incidents: absent('incidents'),
      models: {
        folder: join(folder, 'models'),
        config: ModelsConfig.parse({}),
        ledger: memoryRegistryLedger(),
        tools: () => tools.map(describeTool),
        log: createLogger({ name: 'test', file: '/dev/null' }),
      },
      onModelChanged: () => {},
      nixos: nixos ?? { overlayDir: join(folder, 'overlay') },
      airlockSocket: join(folder, 'airlock-agentd.sock'),
      switching: await SafeSwitch.open({
        folder: join(folder, 'state/switch'),
        ledger: absent('ledger'),
        defaults: SwitchPlan.parse({
          activation: 'auto',
          confirm: 'health',
          activationSeconds: 60,
          graceSeconds: 0,
          probationSeconds: 2,
          confirmSeconds: 10,
          checks: [],
        }),
        log: createLogger({ name: 'test', file: '/dev/null' }),
      }),
    })),
    ...replace,
  }
  const signal = new AbortController().signal
  const context = (keep: (inverse: Inverse) => Promise<void>) => ({
    host,
    signal,
    keepInverse: keep,
    progress: () => {},
    agreed: false,
    labels: [],
    target: () => {},
    call: { call_id: 'call_test0000', session: 'ses_test00000', agent: 'tester', caller: 'agent' } as never,
  })
  return {
    host,
    folder,
    workspace,
    signal,
    async call(name, args = {}) {
      const tool = toolByName(name)
      const input = tool.input.parse(args)
      let inverse: Inverse | null = null
      const result = await tool.run(
        input,
        context(async (kept) => {
          inverse = kept
        }),
      )
      const output = tool.output.parse(result)
      return {
        output: output as Record<string, unknown>,
        summary: tool.summary(output, input),
        inverse,
        taints: tool.taints?.(output, input) ?? [],
      }
    },
    async resources(name, args = {}) {
      const tool = toolByName(name)
      return (await tool.resources?.(tool.input.parse(args), host)) ?? []
    },
    async preview(name, args = {}) {
      const tool = toolByName(name)
      return tool.preview?.(tool.input.parse(args), { host, signal })
    },
    async revert(name, inverse, force = false, interrupted = false) {
      let kept: Inverse | null = null
      const keep = async (next: Inverse) => {
        kept = next
      }
      await toolByName(name).revert?.(jsonCopy(inverse?.data), { ...context(keep), force, interrupted })
      return kept
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export function toolByName(name: string) {
  const tool = tools.find((candidate) => candidate.name === name)
  if (tool === undefined) throw new Error(`no tool is called ${name}`)
  return tool
}

/** The ledger keeps an inverse as JSON, so nothing else may be in it. */
function jsonCopy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** A port that this test does not use: using it after all is an error that names it. */
function absent<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get() {
      throw new Error(`this test brings no ${name}`)
    },
  })
}

async function privateFolder(parent: string, name: string): Promise<string> {
  const folder = join(parent, name)
  await mkdir(folder, { mode: 0o700 })
  return folder
}

/** Without a key: tests that make backups bring their own. */
async function openBackups(folder: string): Promise<Backups> {
  const recipient = new Recipient(new StateFile(join(folder, 'recipient.json'), RecipientFile))
  const options = { folder: join(folder, 'backups'), retention: { daily: 7, weekly: 4 } }
  return Backups.open(options, { recipient, unlocked: new Unlocked(), manifestKey: Buffer.alloc(32) })
}
