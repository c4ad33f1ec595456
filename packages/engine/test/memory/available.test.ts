import { mkdirSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { availableMemory } from '../../src/memory/available.ts'
import { tempFolder } from '../support/temp.ts'

const MIB = 1024 ** 2
const folder = tempFolder()
let machines = 0

function machine(files: Readonly<Record<string, string>>): string {
  const root = join(folder, String(machines++))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const meminfo = `MemTotal: 8000000 kB\nMemFree: 100 kB\nMemAvailable: ${4096 * 1024} kB\n`

describe('available memory', () => {
  it('is what the kernel says could be used, less a reserve', () => {
    const { bytes, limit, reserve } = availableMemory(machine({ 'proc/meminfo': meminfo }))
    expect(limit).toEqual({ by: 'machine', bytes: 4096 * MIB })
    expect(reserve).toBeGreaterThanOrEqual(128 * MIB)
    expect(bytes).toBe(4096 * MIB - reserve)
  })

  it('is what the tightest control group above leaves, where that is less', () => {
    const root = machine({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '0::/system.slice/engine.service\n',
      'sys/fs/cgroup/system.slice/memory.max': `${2048 * MIB}\n`,
      'sys/fs/cgroup/system.slice/memory.current': `${1024 * MIB}\n`,
      'sys/fs/cgroup/system.slice/memory.stat': `anon 5\ninactive_file ${512 * MIB}\n`,
      'sys/fs/cgroup/system.slice/engine.service/memory.max': 'max\n',
      'sys/fs/cgroup/system.slice/engine.service/memory.current': `${100 * MIB}\n`,
    })
    expect(availableMemory(root).limit).toEqual({ by: 'cgroup', bytes: 1536 * MIB })
  })

  it('counts the whole memory where nothing is told', () => {
    expect(availableMemory(machine({ empty: '' })).limit).toEqual({ by: 'machine', bytes: totalmem() })
  })

  it('is never below zero', () => {
    const root = machine({ 'proc/meminfo': 'MemAvailable: 1 kB\n' })
    expect(availableMemory(root).bytes).toBe(0)
  })
})
