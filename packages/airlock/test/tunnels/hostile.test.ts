import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { airlock } from '../support/airlock.ts'
import { ask } from '../support/connect.ts'
import { inside } from '../support/inside.ts'
import { startUpstream } from '../support/upstream.ts'

const hostile = readFileSync(join(import.meta.dirname, '..', 'dial', 'hostile-urls.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** A permission for one public name, whose addresses the test chooses. */
async function permitted(addresses: readonly string[] | ((nth: number) => string[])) {
  const zone = { 'lures.test': typeof addresses === 'function' ? addresses : [...addresses] }
  const lock = await airlock({ zone })
  await lock.allow({ host: 'lures.test' })
  const grant = await lock.tunnel({ hosts: [{ host: 'lures.test' }], purpose: 'test.tunnel' })
  return { lock, grant }
}

describe('through the proxy, too', () => {
  test.each(inside)('%s is not connected to', async (address) => {
    const { lock, grant } = await permitted([address])
    const { status, head, socket } = await ask(grant, 'lures.test:443')
    expect([status, head.includes('castellan-code: egress_denied')]).toEqual([403, true])
    expect(await lock.ledger.next('egress_tunnel_closed')).toMatchObject({ ok: false, code: 'egress_denied', bytes: 0 })
    socket.destroy()
  })

  test('one address inside condemns a name', async () => {
    const { grant } = await permitted(['8.8.8.8', '127.0.0.1'])
    const { status, socket } = await ask(grant, 'lures.test:443')
    expect(status).toBe(403)
    socket.destroy()
  })

  test('a name whose answer changes is asked for once a tunnel, and leads nowhere', async () => {
    const inner = await startUpstream(['lures.test'])
    const lock = await airlock({ zone: { 'lures.test': (nth) => (nth === 0 ? ['192.31.196.1'] : ['127.0.0.1']) } })
    await lock.allow({ host: 'lures.test', port: inner.port, ca: inner.ca })
    const hosts = [{ host: 'lures.test', port: inner.port }]
    const grant = await lock.tunnel({ hosts, purpose: 'test.tunnel' })
    // The first answer is public and leads nowhere here; whether that is noticed soon or late is the network's affair.
    const first = ask(grant, `lures.test:${inner.port}`)
    first.then(
      ({ socket }) => socket.destroy(),
      () => undefined,
    )
    await lock.ledger.next('egress_tunnel_opened')
    const second = await ask(grant, `lures.test:${inner.port}`)
    expect([403, 502, 504]).toContain(second.status)
    second.socket.destroy()
    expect(inner.connections()).toBe(0)
    for (const asked of Object.values(lock.names.asked)) expect(asked).toBeLessThanOrEqual(2)
  })

  test('no hostile address is a target', async () => {
    const { lock, grant } = await permitted(['8.8.8.8'])
    for (const url of hostile) {
      const authority = /^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? url
      // What is no header line at all does not come as far as a target.
      if (!/^[\x21-\x7e]+$/.test(authority)) continue
      for (const target of [authority, `${authority}:443`]) {
        const { status, socket } = await ask(grant, target)
        expect([target, [400, 403].includes(status)]).toEqual([target, true])
        socket.destroy()
      }
    }
    expect(lock.names.asked).toEqual({})
    expect(lock.ledger.of('egress_tunnel_opened')).toEqual([])
  })
})
