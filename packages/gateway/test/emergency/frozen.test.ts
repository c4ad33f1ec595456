import { CastellanError, type Freeze, FreezeId } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, it } from 'vitest'
import { FreezeWatch } from '../../src/emergency/freeze-watch.ts'
import { textOf } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { quietLog } from '../support/log.ts'

const freeze = (level: Freeze['level'] = 1): Freeze => {
  return { id: FreezeId.parse('frz_0123456789'), level, at: '2026-01-01T00:00:00.000Z', reason: 'a key leaked' }
}

it('tells every open chat at once, ends what runs, and tells when it is over', async () => {
  const gateway = await startGateway()
  const [one, other] = [await gateway.connect(), await gateway.connect()]
  gateway.agentd.tools.set('slow_thing', {
    run: (_, signal) => new Promise((_, no) => signal.addEventListener('abort', no)),
  })
  one.send({ type: 'chat', text: '/call slow_thing {}', chat_id: 'main' })
  await one.hears('tool_use')
  gateway.agentd.freeze(freeze())
  const error = await one.hears('error')
  expect(error).toMatchObject({ code: 'agents_frozen', message: expect.stringContaining('a key leaked') })
  await one.hears('done')
  for (const chat of [one, other]) {
    const told = await chat.hears('status', ({ state }) => state === 'frozen')
    expect(told.message).toContain('`agentctl thaw`')
  }
  gateway.agentd.freeze(null)
  for (const chat of [one, other]) await chat.hears('status', ({ message }) => message === 'Agents may act again.')
})

it('asks no model while agents are frozen, and still answers commands that read', async () => {
  const gateway = await startGateway()
  gateway.agentd.freeze(freeze())
  const chat = await gateway.connect()
  await chat.hears('status', ({ state }) => state === 'frozen')
  const heard = await chat.ask('how full are my disks?')
  expect(heard.find(({ type }) => type === 'error')).toMatchObject({ code: 'agents_frozen' })
  expect(gateway.engine.requests).toEqual([])
  expect(textOf(await chat.ask('/status'))).toContain('agentd')
})

it('tells a chat that is opened while agents are frozen first of all', async () => {
  const gateway = await startGateway()
  gateway.agentd.freeze(freeze())
  const first = await gateway.connect()
  await first.hears('status', ({ state }) => state === 'frozen')
  const later = await gateway.connect()
  expect((await later.hears('status', ({ state }) => state === 'frozen')).message).toContain('All agents are frozen')
})

it('keeps credentials locked until agentd has spoken, from level 2 on, and while agentd is away as it was', async () => {
  let answer: () => Promise<{ freeze: Freeze | null }> = () =>
    Promise.reject(new CastellanError('agentd_unavailable', ''))
  const waiting: (() => void)[] = []
  const say = (next: typeof answer) => {
    answer = next
    for (const go of waiting.splice(0)) go()
  }
  const agentd = {
    async freezeOnceChanged(known: Freeze | null | undefined, signal: AbortSignal) {
      const before = await answer()
      if (known === undefined || before.freeze?.id !== known?.id) return before
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        signal.addEventListener('abort', () => resolve())
      })
      return answer()
    },
  }
  const watch = new FreezeWatch(agentd, quietLog('gateway'))
  watch.start()
  expect(watch.credentialsLocked).toBe(true)
  say(async () => ({ freeze: null }))
  await until('it is known', () => !watch.credentialsLocked)
  say(async () => ({ freeze: { ...freeze(1), id: FreezeId.parse('frz_1111111111') } }))
  await until('it is frozen', () => watch.freeze !== null)
  expect(watch.credentialsLocked).toBe(false)
  say(async () => ({ freeze: { ...freeze(2), id: FreezeId.parse('frz_2222222222') } }))
  await until('it is locked', () => watch.credentialsLocked)
  say(() => Promise.reject(new CastellanError('agentd_unavailable', '')))
  expect(watch.credentialsLocked).toBe(true)
  expect(() => watch.refuseIfFrozen()).toThrow(/All agents are frozen/)
  watch.close()
})
