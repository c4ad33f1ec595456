import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AgentsFile } from '@castellan/contracts'
import { loadConfig } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Config as AgentdConfig } from '../../../packages/agentd/src/config.ts'
import { AirlockConfig } from '../../../packages/airlock/src/config.ts'
import { EngineConfig } from '../../../packages/engine/src/config.ts'
import { GatewayConfig } from '../../../packages/gateway/src/config.ts'
import { evaluate, nix, type Rendered, render } from '../../support/nixos/evaluate.ts'
import { cases } from './cases/cases.ts'

/** Reads the files that the units are started with, as the processes would. */
function configurations({ etc }: Rendered) {
  const folder = temporaryFolder()
  const file = (name: string): string => {
    const path = join(folder, `${name}.json`)
    writeFileSync(path, etc[`castellan/${name}.json`] as string)
    return path
  }
  return {
    agentd: loadConfig(AgentdConfig, { file: file('agentd'), env: {} }),
    airlock: loadConfig(AirlockConfig, { file: file('airlock'), env: {} }),
    engine: loadConfig(EngineConfig, { file: file('engine'), env: {} }),
    gateway: loadConfig(GatewayConfig, { file: file('gateway'), env: { CASTELLAN_TOKEN_FILE: '/from/the/unit' } }),
    agents: AgentsFile.parse(JSON.parse(etc['castellan/agents.json'] ?? '{"version":1,"agents":{"main":{}}}')),
  }
}

nix.describe('with nothing but enable', () => {
  test('there are the units of four processes and what they need, and no nginx', async () => {
    const rendered = await render()
    expect(Object.keys(rendered.units)).toEqual([
      'castellan-agentd-update.service',
      'castellan-agentd.service',
      'castellan-airlock.service',
      'castellan-egress.service',
      'castellan-engine.service',
      'castellan-gateway.service',
      'castellan-setup.service',
    ])
    expect(rendered.nginx).toBeNull()
    expect(rendered.users).toEqual({
      'castellan-airlock': 'castellan-airlock',
      'castellan-engine': 'castellan-engine',
      'castellan-gateway': 'castellan-gateway',
    })
    expect(rendered.groups).toMatchObject({
      castellan: ['castellan-gateway'],
      'castellan-record': ['castellan-gateway', 'castellan-airlock'],
    })
  })

  test('agents ask before every change, the owner’s token approves nothing, health commits a switch', async () => {
    const { agentd } = configurations(await render())
    expect(agentd.sessions.mode).toBe('assist')
    expect(agentd.approvals.ownerToken).toBe(false)
    expect(agentd.switch.confirm).toBe('health')
    expect(agentd.ledger.witnessPolicy).toBeUndefined()
  })

  test('every process knows every key that it is given, and they agree where they meet', async () => {
    const { agentd, airlock, engine, gateway } = configurations(await render())
    expect(gateway.agentSocket).toBe(agentd.agentSocket)
    expect([gateway.recordSocket, airlock.recordSocket]).toEqual([agentd.recordSocket, agentd.recordSocket])
    expect([gateway.engineSocket, agentd.engineSocket]).toEqual([engine.engineSocket, engine.engineSocket])
    expect(gateway.airlockSocket).toBe(airlock.airlockSocket)
    expect(agentd.airlockSocket).toBe(airlock.airlockAgentdSocket)
    expect(gateway.port).toBe(agentd.pagePort)
    expect(gateway.host).toBe('127.0.0.1')
  })
})

nix.test('every process knows every key of everything that the options can say', async () => {
  // Of two cases of one option the first counts; what switches a process off is left out.
  const sets = new Map(
    cases
      .filter(({ set }) => !/enable = (?:false|lib.mkForce false)|pageDir|ownerTokenFile/.test(set))
      .map(({ option, set }) => [option.split('.').slice(0, 2).join('.'), set]),
  )
  const modules = [...new Set(sets.values())].map((set) => `{ services.castellan = { ${set} }; }`)
  const each = await evaluate<Rendered[]>({
    expression: `map (one: (import ${join(import.meta.dirname, '../../../nix/tests/evaluate.nix')} {
      inherit lib;
      configuration = { config, lib, pkgs, ... }: { imports = [ one ]; services.castellan.enable = true; };
    }).config.rendered) (let pkgs = import ${join(import.meta.dirname, '../../../nix/tests/stand-in/pkgs.nix')} { inherit lib; }; in [ ${modules.join(' ')} ])`,
  })
  expect(each.length).toBeGreaterThan(20)
  for (const rendered of each) expect(() => configurations(rendered)).not.toThrow()
})
