import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import { openMachine } from '../support/machine.ts'
import { SwitchHost } from '../support/switch-host.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a tool answers is looked at field by field.
type Answer = any

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const settings = { flake: '/srv/web', configuration: 'web', overlayDir: '/srv/web/castellan' }

it('without NixOS there is nothing to set, and both tools say so', async (context) => {
  // On NixOS these would look at, and change, the machine that the tests run on.
  context.skip(existsSync('/run/current-system'), 'needs a host that is not NixOS')
  await using machine = await openMachine()
  await expect(machine.call('optimization_suggest')).rejects.toMatchObject({ code: 'unsupported_host' })
  await expect(machine.call('optimization_apply', { id: 'fstrim' })).rejects.toMatchObject({ code: 'unsupported_host' })
  await expect(machine.call('optimization_apply', { id: 'faster' })).rejects.toThrow(/Invalid option/)
})

throwawayHost.describe('optimization, on a host with a store and a configuration', () => {
  let host: SwitchHost

  const steps = async (list: readonly unknown[]): Promise<Answer[]> => {
    const script = here('../support/call-tools.ts')
    const argv = [process.execPath, '--conditions=source', script, JSON.stringify(list), JSON.stringify(settings)]
    return JSON.parse((await host.run(argv)).stdout)
  }

  beforeAll(async () => {
    host = await SwitchHost.start()
    const script = [
      `mkdir -p /srv && cp -r ${here('../fixtures/flake')} /srv/web && cp ${here('../../../../modules/overlay.nix')} /srv/web/overlay.nix`,
      `printf %s ${host.systems.old} > /srv/web/template`,
      // No rule about what comes in, whatever the machine below has.
      'if command -v nft > /dev/null; then nft flush ruleset || true; fi',
    ]
    await host.run(['sh', '-ec', script.join('\n')])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('suggests with evidence, sets the option in the overlay after a look, and is undone', async () => {
    const [suggestions, all, preview, applied, again, get, undone, after] = await steps([
      { name: 'optimization_suggest' },
      { name: 'optimization_suggest', args: { all: true } },
      { name: 'optimization_apply', args: { id: 'firewall', apply: false }, only: 'preview' },
      { name: 'optimization_apply', args: { id: 'firewall', apply: false } },
      { name: 'optimization_apply', args: { id: 'firewall', apply: false } },
      { name: 'nixos_option_get', args: { option: 'networking.firewall.enable' } },
      { undo: 3 },
      { name: 'nixos_option_get', args: { option: 'networking.firewall.enable' } },
    ])
    const found = suggestions.output.suggestions.find(({ id }: Answer) => id === 'firewall')
    expect(found).toMatchObject({ option: 'networking.firewall.enable', value: true, waiting: false })
    expect(found.cost).toContain('closed')
    expect(all.output.suggestions.length + all.output.others.length).toBe(all.output.rules)
    expect(preview.effects.join(' ')).toMatch(/Cost: .*networking\.firewall\.enable is true then/)
    expect(preview.diff).toContain('+      "value": true')
    expect(applied.output).toMatchObject({ id: 'firewall', applied: 'no', valueBefore: null, value: true })
    expect(again.error.code).toBe('conflict')
    expect(get.output).toMatchObject({ value: { value: true }, overlay: true })
    expect(undone.error).toBeUndefined()
    expect(after.output).toMatchObject({ value: { value: false }, overlay: false })
  })
})
