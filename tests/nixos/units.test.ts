import { execFile } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requires, temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { nix, render } from '../support/nixos/evaluate.ts'

const run = promisify(execFile)
const unitTests = nix.and(requires.command('systemd-analyze', 'systemd'))

/** What may be in a unit, from nothing said to everything said. */
const configurations: Readonly<Record<string, string>> = {
  defaults: '',
  'every option that changes units': `services.castellan = {
    hardening.level = "strict";
    ownerTokenFile = "/run/keys/owner";
    credentials.seal = false;
    engine = { model = "/srv/models/chat.gguf"; gpus = [ "nvidia" "amd" "dri" ]; };
    nginx = { hostName = "castellan.example.org"; tls = { certificate = "/etc/tls/cert.pem"; key = "/etc/tls/key.pem"; }; };
  };`,
}

/** The unit files in a folder, with every program that they name: systemd-analyze looks whether it is there. */
async function unitFiles(configuration: string): Promise<{ folder: string; units: string[] }> {
  const folder = temporaryFolder()
  const [usr, castellan] = [join(folder, 'usr'), join(folder, 'castellan')]
  const programs = ['usr/bin/nft', 'usr/bin/kill', 'usr/bin/true', 'usr/bin/systemd-run']
  const ours = ['agentd', 'gateway', 'engine', 'airlock'].map((name) => `castellan/bin/castellan-${name}`)
  for (const program of [...programs, ...ours]) {
    await mkdir(join(folder, program, '..'), { recursive: true })
    await writeFile(join(folder, program), '#!/bin/sh\n')
    await chmod(join(folder, program), 0o755)
  }
  const { units } = await render({ configuration, package: castellan, usr })
  await mkdir(join(folder, 'units'))
  for (const [name, text] of Object.entries(units)) await writeFile(join(folder, 'units', name), text)
  return { folder: join(folder, 'units'), units: Object.keys(units) }
}

unitTests.describe('the units, with', () => {
  for (const [name, configuration] of Object.entries(configurations)) {
    test(`${name}, pass systemd-analyze verify without a word`, async () => {
      const { folder, units } = await unitFiles(configuration)
      const files = units.map((unit) => join(folder, unit))
      const { stdout, stderr } = await run('systemd-analyze', [
        'verify',
        '--man=no',
        '--recursive-errors=yes',
        ...files,
      ])
      // It ends with 0 on a misspelled key, too, and only says so.
      expect(stdout + stderr).toBe('')
    })

    test.each(['gateway', 'engine', 'airlock'])(`${name}: the %s is exposed by at most 2.5`, async (process) => {
      const { folder } = await unitFiles(configuration)
      const unit = join(folder, `castellan-${process}.service`)
      const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', unit])
      const score = /Overall exposure level for .*: ([\d.]+) /.exec(stdout)?.[1]
      expect(Number(score)).toBeLessThanOrEqual(2.5)
    })
  }

  test('a misspelled key is noticed by the first of these', async () => {
    const { folder } = await unitFiles('systemd.services.castellan-engine.serviceConfig.PrivateNetwrok = true;')
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', join(folder, 'castellan-engine.service')])
    expect(stderr).toContain('PrivateNetwrok')
  })
})
