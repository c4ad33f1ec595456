import { spawn } from 'node:child_process'
import { cleanEnvironment, root } from './castellan.ts'

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as JSON, one value a line. */
  readonly values: () => unknown[]
}

/** Runs `npx agentctl` as a person would: the starter that npm put on their path. */
export function agentctl(...args: string[]): Promise<Outcome> {
  const child = spawn('node_modules/.bin/agentctl', args, {
    cwd: root,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const values = () =>
        stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as unknown)
      resolve({ code, stdout, stderr, values })
    })
  })
}
