import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../support/castellan.ts'

export const script = join(root, 'install.sh')

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program without a terminal, in the environment of somebody who has set nothing of ours. */
export function run(
  argv: readonly string[],
  { env = {}, cwd = '/', input = '' }: { env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<Ran> {
  const [command = '', ...args] = argv
  const child = spawn(command, args, {
    cwd,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env },
    timeout: 150_000,
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...texts }))
  })
}

/** Runs a line of shell with the parts of install.sh at hand, as install.sh itself has them. */
export function withParts(line: string, args: readonly string[] = []): Promise<Ran> {
  const parts = ['base', 'journal', 'ask', 'flake-edit', 'nixos', 'facts', 'convert-config', 'convert']
  const source = parts.map((part) => `. "$here/scripts/install/${part}.sh"`).join('\n')
  const text = `set -eu\nhere=$1\nshift\ndry_run=no yes=no input='' domain='' email='' nixpkgs=''\n${source}\n${line}\n`
  return run(['sh', '-c', text, 'sh', root, ...args])
}
