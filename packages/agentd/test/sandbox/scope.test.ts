import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requires, until } from '@castellan/testing'
import { expect } from 'vitest'
import { ThrowawayHost, throwawayHost, throwawayRoot } from '../../../../tests/support/throwaway-host/host.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const script = fileURLToPath(new URL('../support/call-tools.ts', import.meta.url))

const bwrapThere = throwawayHost.and(
  requires.file(join(throwawayRoot, 'usr/bin/bwrap'), 'remove that root and run tests/support/throwaway-host/build.sh'),
)

bwrapThere.describe('a command on a host that systemd runs', () => {
  bwrapThere.test(
    'is in a scope of its own, with limits for all of its processes together, that goes with it',
    async () => {
      await using host = await ThrowawayHost.start({ readOnly: [repository] })
      const scopes = async () =>
        (
          await host.run(['systemctl', 'list-units', '--plain', '--no-legend', 'castellan-command-*.scope'])
        ).stdout.trim()
      const calls = JSON.stringify([{ name: 'command_run', args: { argv: ['sleep', '300'], timeoutSeconds: 300 } }])
      const running = host.run([process.execPath, '--conditions=source', script, calls]).catch(() => undefined)
      const unit = (await until('the scope is there', scopes)).split(' ')[0] as string
      const { stdout } = await host.run(['systemctl', 'show', unit, '--property=MemoryMax,TasksMax,Slice,ActiveState'])
      expect(
        Object.fromEntries(
          stdout
            .trim()
            .split('\n')
            .map((line) => line.split('=')),
        ),
      ).toEqual({
        MemoryMax: String(1024 ** 3),
        TasksMax: '128',
        Slice: 'castellan-commands.slice',
        ActiveState: 'active',
      })
      await host.run(['systemctl', 'kill', '--signal=KILL', unit])
      await running
      await until('the scope is gone', async () => (await scopes()) === '')
    },
  )
})
