import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { type CommandJob, type CommandReport, Sandbox } from '../../src/sandbox/index.ts'

/** A sandbox over a workspace of its own, and the same command run bare beside it: what each wall is measured by. */
export interface Walled {
  readonly sandbox: Sandbox
  /** Outside of the workspace, where secrets of the test lie. */
  readonly outside: string
  readonly workspace: string
  inside(argv: readonly string[], job?: Partial<CommandJob>): Promise<CommandReport>
}

export function walled(): Walled {
  const folder = temporaryFolder()
  const [workspace, outside] = [join(folder, 'workspace'), join(folder, 'outside')]
  for (const path of [workspace, outside]) mkdirSync(path, { mode: 0o700 })
  const sandbox = new Sandbox(workspace)
  return {
    sandbox,
    outside,
    workspace,
    inside: (argv, job = {}) =>
      sandbox.run(
        {
          agent: 'main',
          argv,
          timeoutSeconds: 60,
          ground: { kind: 'workspace', cwd: workspace, writable: true },
          ...job,
        },
        new AbortController().signal,
      ),
  }
}

/** The control: the same command, run as the test itself is. */
export function bare(argv: readonly string[], cwd?: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(argv[0] as string, argv.slice(1), { encoding: 'utf8', cwd, timeout: 150_000 })
}
