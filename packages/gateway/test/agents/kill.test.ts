import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { readAgents } from '../../src/agents/file.ts'

const PROGRAM = fileURLToPath(new URL('../support/editing-agents.ts', import.meta.url))

/** `CASTELLAN_KILLS=200` looks longer. */
const KILLS = Number(process.env.CASTELLAN_KILLS ?? 4)

test('a gateway that is killed while agents.json is written leaves the old file or the new one, whole', {
  timeout: 120_000 + KILLS * 5_000,
}, async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'agents.json')
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, ['--conditions=source', PROGRAM, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = await linesUntilKilled(child, 2 + ((kill * 5) % 19))
    expect(lines[0]).toMatch(/null$/)
    const done = lines.filter((line) => line.startsWith('done '))
    const { digest, agents } = await readAgents(path, [])
    expect(digest).not.toBeNull()
    // What was answered last is there, unless the change after it was made and not answered yet.
    const after = done.indexOf(`done ${digest}`)
    expect(after === -1 || after === done.length - 1).toBe(true)
    expect(agents.has('main')).toBe(true)
    expect(readdirSync(folder).filter((name) => name !== 'agents.json' && name !== 'agents.json.new')).toEqual([])
  }
})

async function linesUntilKilled(child: ChildProcess, count: number): Promise<string[]> {
  let said = ''
  let killing = false
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    said += piece
    if (killing || said.split('\n').length <= count) return
    killing = true
    setTimeout(() => child.kill('SIGKILL'), Math.random() * 10)
  })
  await once(child, 'close')
  return said.split('\n').slice(0, -1)
}
