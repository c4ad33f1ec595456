import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { chooseIsolation } from '../../src/worker/isolation.ts'

describe('the network of the worker', () => {
  it('is what the engine says it is', async () => {
    const { network, prefix } = await chooseIsolation()
    const [command = 'cat', ...args] = [...prefix, 'cat', '/proc/self/net/dev']
    const devices = execFileSync(command, args, { encoding: 'utf8' }).trim().split('\n').slice(2)
    const beyondLoopback = devices.filter((line) => !line.trim().startsWith('lo:'))
    if (network === 'none') expect(beyondLoopback).toEqual([])
    else expect(beyondLoopback).not.toEqual([])
  })
})
