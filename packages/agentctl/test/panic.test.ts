import { fileURLToPath } from 'node:url'
import { until } from '@castellan/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { throwawayHost } from '../../../tests/support/throwaway-host/host.ts'
import { SwitchHost } from '../../agentd/test/support/switch-host.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const state = '/var/lib/castellan'

throwawayHost.describe('panic on a host where systemd runs Castellan', () => {
  let host: SwitchHost

  const sh = async (text: string) => (await host.run(['sh', '-ec', text])).stdout.trim()
  const property = (unit: string, name: string) => sh(`systemctl show --property=${name} --value castellan-${unit}`)
  const notes = () => sh(`ls ${state}/agentd/emergency/events`)
  const running = () => sh('readlink -f /run/current-system')

  // biome-ignore lint/suspicious/noExplicitAny: what agentctl prints is looked at field by field.
  async function agentctl(...args: string[]): Promise<{ code: number; out: any; err: string }> {
    const argv = [process.execPath, '--conditions=source', here('../src/main.ts'), ...args, '--json', '--state', state]
    const read = (stdout: string) =>
      stdout.trim() === '' ? undefined : JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    return host.run(argv).then(
      ({ stdout, stderr }) => ({ code: 0, out: read(stdout), err: stderr }),
      (error: { code: number; stdout: string; stderr: string }) => {
        return { code: error.code, out: read(error.stdout), err: error.stderr }
      },
    )
  }

  const steps = (out: { steps: { step: string; state: string }[] }) =>
    Object.fromEntries(out.steps.map(({ step, state }) => [step, state]))

  async function startAgentd(): Promise<void> {
    await sh('systemctl reset-failed castellan-agentd 2> /dev/null || true; systemctl start castellan-agentd')
    await sh(
      `for i in $(seq 1200); do curl --silent --fail --output /dev/null --unix-socket ${state}/sockets/operator.sock http://localhost/v1/health && exit; sleep 0.1; done; exit 1`,
    )
  }

  beforeAll(async () => {
    host = await SwitchHost.start()
    const unit = (name: string, lines: readonly string[]) =>
      `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > /etc/systemd/system/castellan-${name}.service`
    const thinks = [
      '[Unit]',
      `ConditionPathExists=!${state}/agentd/emergency/frozen.json`,
      '[Service]',
      'ExecStart=/bin/sleep infinity',
    ]
    const instance = {
      url: 'http://127.0.0.1:9',
      tokenFile: `${state}/token`,
      agentSocket: `${state}/sockets/agent.sock`,
      operatorSocket: `${state}/sockets/operator.sock`,
      pid: 1,
    }
    await sh(
      [
        unit('engine', thinks),
        unit('airlock', [...thinks, 'StateDirectory=castellan-airlock']),
        unit('gateway', ['[Service]', 'ExecStart=/bin/sleep infinity', 'StateDirectory=castellan-gateway']),
        unit('agentd', [
          '[Service]',
          `Environment=CASTELLAN_STATE_DIR=${state} CASTELLAN_AGENT_SOCKET=${instance.agentSocket} CASTELLAN_OPERATOR_SOCKET=${instance.operatorSocket}`,
          `Environment=CASTELLAN_SWITCH={\\"graceSeconds\\":0,\\"probationSeconds\\":1}`,
          `ExecStart=${process.execPath} --conditions=source ${here('../../agentd/src/main.ts')}`,
        ]),
        `mkdir -p ${state}/sockets && mkdir -p /etc/castellan && echo '${JSON.stringify(instance)}' | tee /etc/castellan/run.json > ${state}/run.json`,
        'systemctl daemon-reload && systemctl start castellan-engine castellan-airlock castellan-gateway',
      ].join('\n'),
    )
    await startAgentd()
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('stops engine and airlock at level 1, which nobody starts meanwhile, and starts them again', async () => {
    const frozen = await agentctl('panic')
    expect(frozen, frozen.err).toMatchObject({ code: 0 })
    expect(steps(frozen.out)).toEqual({ freeze: 'done', engine: 'done' })
    await sh('systemctl start castellan-engine castellan-airlock')
    expect([await property('engine', 'ActiveState'), await property('airlock', 'ActiveState')]).toEqual([
      'inactive',
      'inactive',
    ])
    expect(await property('gateway', 'ActiveState')).toBe('active')
    const thawed = await agentctl('thaw')
    expect(thawed, thawed.err).toMatchObject({ code: 0 })
    expect([await property('engine', 'ActiveState'), await property('airlock', 'ActiveState')]).toEqual([
      'active',
      'active',
    ])
  })

  it('at level 2 the gateway is another process, and the system before runs, though agentd is dead', async () => {
    const begun = await agentctl('switch', 'begin', host.systems.good as string)
    expect(begun, begun.err).toMatchObject({ code: 0 })
    const gateway = await property('gateway', 'MainPID')
    await sh('systemctl kill --signal=SIGKILL castellan-agentd')
    const frozen = await agentctl('panic', '2')
    expect(frozen, frozen.err).toMatchObject({ code: 0 })
    expect(steps(frozen.out)).toEqual({ freeze: 'done', engine: 'done', credentials: 'done', rollback: 'done' })
    expect(await running()).toBe(host.systems.old)
    expect(await property('gateway', 'MainPID')).not.toBe(gateway)
    await startAgentd()
    await until('it is on record', async () => (await notes()) === '')
    await until('agentd knows of it', async () => {
      return (await agentctl('switch', 'status')).out.result.phase === 'rolled_back'
    })
    expect((await agentctl('thaw')).code).toBe(0)
  })

  it('at level 2 goes back through agentd where it lives', async () => {
    expect((await agentctl('switch', 'begin', host.systems.good as string, '--force')).code).toBe(0)
    const frozen = await agentctl('panic', '2')
    expect(frozen, frozen.err).toMatchObject({ code: 0 })
    expect(steps(frozen.out)).toMatchObject({ rollback: 'done' })
    expect(await running()).toBe(host.systems.old)
    // Again there is nothing left to take back, which is no failure.
    const again = await agentctl('panic', '2')
    expect(again, again.err).toMatchObject({ code: 0 })
    expect(again.out.steps.at(-1).message).toContain('The host went back before')
    expect(await running()).toBe(host.systems.old)
  })

  it('at level 3 stops all of it, and wipes also what the units keep apart', async () => {
    await sh('echo conversations > /var/lib/castellan-gateway/chats.db; echo seen > /var/lib/castellan-airlock/seen')
    const name = await sh('cat /proc/sys/kernel/hostname')
    const wiped = await agentctl('panic', '3', '--host-name', name, '--no-export')
    expect(wiped.code, wiped.err).toBe(0)
    expect(wiped.out.steps.find(({ step }: { step: string }) => step === 'wipe')).toMatchObject({ state: 'done' })
    for (const unit of ['agentd', 'gateway', 'engine', 'airlock']) {
      expect(await property(unit, 'ActiveState'), unit).toBe('inactive')
    }
    expect(await sh('ls /var/lib/castellan-gateway /var/lib/castellan-airlock | grep -v : || true')).toBe('')
    expect(await sh(`ls ${state}/agentd`)).toBe('backups\nemergency\nswitch')
    await startAgentd()
    await until('it is on record', async () => (await notes()) === '')
  })
})
