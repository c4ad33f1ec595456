import { spawn } from 'node:child_process'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, or kills it after `timeoutMs`. Its environment is no more than what is given. */
export function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMs }: { cwd: string; env?: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: cwd, LANG: 'C.UTF-8', ...env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        texts[name] += chunk
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...texts }))
  })
}
