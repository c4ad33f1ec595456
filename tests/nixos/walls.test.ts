import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { render } from '../support/nixos/evaluate.ts'
import { InstalledHost, installedHost } from '../support/nixos/installed-host.ts'
import { notShown, prepareProbes, probes } from '../support/nixos/probes.ts'
import { type Attempts, attemptAll, named, serviceLines } from '../support/nixos/walls.ts'

const documentation = readFileSync(fileURLToPath(new URL('../../docs/nixos.md', import.meta.url)), 'utf8')
const processes = ['agentd', 'gateway', 'engine', 'airlock'] as const

installedHost.describe('every wall that the documentation claims', () => {
  let host: InstalledHost
  let units: Record<string, string[]>
  let attempts: readonly Attempts[]

  beforeAll(async () => {
    host = await InstalledHost.install()
    units = Object.fromEntries(
      processes.map((name) => [name, serviceLines(host.rendered.units[`castellan-${name}.service`] as string)]),
    )
    // A network with nobody on it, for what would be sent there.
    await host.shell(`${prepareProbes}\nip addr add 192.0.2.1/24 dev host0 && ip link set host0 up`)
    attempts = await attemptAll(host, probes, units)
  })

  afterAll(() => host?.[Symbol.asyncDispose]())

  test.for(probes.map((probe, index) => [`${probe.of[0]}: ${probe.attempt}`, index] as const))('%s', ([, index]) => {
    const { probe, control, alone, whole } = attempts[index] as Attempts
    const held = Object.fromEntries(
      processes.filter((name) => !probe.notOf?.includes(name)).map((name) => [name, false]),
    )
    expect({ withoutIt: control, withIt: alone, withAll: whole }).toEqual({
      withoutIt: true,
      withIt: held,
      withAll: held,
    })
    // And no unit is left out that has it.
    for (const name of Object.keys(held)) expect(named(units[name] as string[], [probe.of[0]])).not.toEqual([])
  })

  test('is tried above, or cannot be shown in a container', () => {
    const walls = documentation.slice(documentation.indexOf('## Walls'), documentation.indexOf('## nginx'))
    const cells = walls.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] as string] : []))
    const claimed = cells.flatMap((cell) =>
      [...cell.matchAll(/`([A-Z][A-Za-z]+)(?:=[^`]*)?`/g)].map(([, name]) => name as string),
    )
    expect(claimed.length).toBeGreaterThan(25)
    const tried = new Set(probes.map(({ of: [name] }) => name))
    const known = [...tried, ...Object.keys(notShown)]
    expect(claimed.filter((name) => !/^CAP_/.test(name) && !known.includes(name))).toEqual([])
    // What the units have of it, they all have by the same name.
    const said = Object.values(units)
      .flat()
      .map((line) => line.split('=', 1)[0] as string)
    expect(known.filter((name) => !said.includes(name) && !name.startsWith('Device'))).toEqual([])
  })

  test('and what strict takes from agentd beside', async () => {
    const strict = await render({ configuration: 'services.castellan.hardening.level = "strict";' })
    const lines = { agentd: serviceLines(strict.units['castellan-agentd.service'] as string) }
    // Root's own processes, but with rights that one without CAP_SYS_PTRACE does not have.
    const probe = { of: ['CapabilityBoundingSet'], attempt: 'readlink /proc/1/exe', asRoot: true } as const
    const [standard] = await attemptAll(host, [probe], { agentd: units.agentd as string[] })
    expect(standard).toMatchObject({ control: true, whole: { agentd: true } })
    const [attempt] = await attemptAll(host, [probe], lines)
    expect(attempt).toMatchObject({ control: true, alone: { agentd: false }, whole: { agentd: false } })
  })
})
