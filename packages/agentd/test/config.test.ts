import { loadConfig } from '@castellan/daemon'
import { expect, test } from 'vitest'
import { Config } from '../src/config.ts'
import { configEnv } from './support/agentd.ts'

test('three paths are enough; the rest has defaults', () => {
  expect(loadConfig(Config, { env: configEnv('/var/lib/castellan', { TOKEN_FILE: '/t' }) })).toMatchObject({
    logLevel: 'info',
    stateDir: '/var/lib/castellan',
    agentSocket: '/var/lib/castellan/sockets/agent.sock',
    operatorSocket: '/var/lib/castellan/sockets/operator.sock',
    tokenFile: '/t',
    files: { roots: [] },
    approvals: { ownerToken: true },
    limits: { callsInFlight: 64 },
    ledger: { cosignEverySeconds: 3600, retention: {} },
  })
})

test('roots come as JSON', () => {
  const roots = [{ path: '/srv', access: 'read' as const }]
  expect(loadConfig(Config, { env: configEnv('/s', { FILES__ROOTS: roots }) }).files.roots).toEqual(roots)
})

test.each([
  [{ STATE_DIRR: '/x' }, 'CASTELLAN_STATE_DIRR is not known. Did you mean CASTELLAN_STATE_DIR?'],
  [{ AGENT_SOCKET: 'relative.sock' }, 'CASTELLAN_AGENT_SOCKET: must be an absolute path'],
  [{ FILES__ROOTS: [{ path: '/srv', access: 'all' }] }, 'CASTELLAN_FILES__ROOTS'],
  [{ LIMITS__CALLS_IN_FLIGHT: '0' }, 'CASTELLAN_LIMITS__CALLS_IN_FLIGHT'],
  [{ LEDGER__COSIGN_EVERY_SECONDS: '0' }, 'CASTELLAN_LEDGER__COSIGN_EVERY_SECONDS'],
  [{ LEDGER__RETENTION__PAYLOAD_DAYS: '0' }, 'CASTELLAN_LEDGER__RETENTION__PAYLOAD_DAYS'],
])('%j is refused and named', (settings, sentence) => {
  expect(() => loadConfig(Config, { env: configEnv('/s', settings) })).toThrow(sentence)
})
