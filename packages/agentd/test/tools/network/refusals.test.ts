import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['network_listeners', { port: 65_536 }],
    ['network_listeners', { protocol: 'icmp' }],
    ['network_connections', { state: 'open' }],
    ['network_routes', { family: 4 }],
    ['dns_lookup', { name: 'a b' }],
    ['dns_lookup', { name: '-x.example.org;id' }],
    ['dns_lookup', { name: 'example.org', types: ['AXFR'] }],
    ['dns_lookup', { name: 'example.org', types: [] }],
    ['port_check', { host: 'example.org' }],
    ['port_check', { host: 'example.org', port: 0 }],
    ['port_check', { host: 'http://example.org', port: 80 }],
    ['port_check', { host: 'x', port: 80, timeoutSeconds: 600 }],
    ['http_check', { url: 'file:///etc/passwd' }],
    ['http_check', { url: 'gopher://example.org' }],
    ['http_check', { url: 'http://user:secret@example.org/' }],
    ['http_check', { url: 'example.org' }],
    ['http_check', { url: 'http://example.org', method: 'POST' }],
    ['http_check', { url: 'http://example.org', headers: {} }],
    ['certificate_check', { host: 'a/b' }],
    ['firewall_status', { offset: -1 }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })
})
