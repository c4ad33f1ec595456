import { fileURLToPath } from 'node:url'
import { until } from '@castellan/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { throwawayHost } from '../../../tests/support/throwaway-host/host.ts'
import { SwitchHost } from '../../agentd/test/support/switch-host.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const state = '/var/lib/switch-test/state'

throwawayHost.describe('switching with agentctl, beside a real agentd', () => {
  let host: SwitchHost

  // biome-ignore lint/suspicious/noExplicitAny: what agentctl prints is looked at field by field.
  async function agentctl(...args: string[]): Promise<{ code: number; out: any; err: string }> {
    const main = here('../src/main.ts')
    const argv = [process.execPath, '--conditions=source', main, ...args, '--json', '--state', state]
    const read = (stdout: string) =>
      stdout.trim().startsWith('{') ? JSON.parse(stdout.trim().split('\n').at(-1) ?? '') : stdout
    return host.run(argv).then(
      ({ stdout, stderr }) => ({ code: 0, out: read(stdout), err: stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: read(error.stdout),
        err: error.stderr,
      }),
    )
  }

  async function startAgentd(): Promise<void> {
    const settings = {
      STATE_DIR: state,
      AGENT_SOCKET: `${state}/sockets/agent.sock`,
      OPERATOR_SOCKET: `${state}/sockets/operator.sock`,
      SWITCH: JSON.stringify({ graceSeconds: 0, probationSeconds: 1, activationSeconds: 20 }),
      NIXOS: JSON.stringify({ flake: '/srv/web', configuration: 'web', overlayDir: '/srv/web/castellan' }),
    }
    const environment = Object.entries(settings).map(([key, value]) => `--setenv=CASTELLAN_${key}=${value}`)
    const argv = [process.execPath, '--conditions=source', here('../../agentd/src/main.ts')]
    await host.run(['sh', '-c', 'systemctl stop agentd; systemctl reset-failed agentd; true'])
    await host.run(['systemd-run', '--quiet', '--unit=agentd', ...environment, ...argv])
    await host.run([
      'sh',
      '-c',
      `for i in $(seq 600); do curl --silent --fail --output /dev/null --unix-socket ${state}/sockets/operator.sock http://localhost/v1/health && exit; sleep 0.2; done; journalctl -u agentd -o cat -n 30 >&2; exit 1`,
    ])
  }

  const running = async () => (await host.run(['readlink', '-f', '/run/current-system'])).stdout.trim()
  const web = async () => (await host.run(['systemctl', 'show', '--property=ExecStart', '--value', 'web'])).stdout

  beforeAll(async () => {
    host = await SwitchHost.start()
    const instance = {
      url: 'http://localhost:1',
      tokenFile: `${state}/token`,
      agentSocket: `${state}/sockets/agent.sock`,
      operatorSocket: `${state}/sockets/operator.sock`,
      pid: 1,
    }
    const flake = here('../../agentd/test/fixtures/flake')
    const overlay = here('../../../modules/overlay.nix')
    await host.run([
      'sh',
      '-ec',
      `mkdir -p ${state}/sockets && chmod 700 ${state} && printf %s '${JSON.stringify(instance)}' > ${state}/run.json`,
    ])
    await host.run([
      'sh',
      '-ec',
      `mkdir -p /srv && cp -r ${flake} /srv/web && cp ${overlay} /srv/web/overlay.nix && printf %s ${host.systems.old} > /srv/web/template`,
    ])
    await startAgentd()
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('ends with 0 where the system was committed, and undo switches back', async () => {
    const begun = await agentctl('switch', 'begin', host.systems.good as string, '--reason', 'To try it')
    expect(begun, begun.err).toMatchObject({
      code: 0,
      out: { ok: true, result: { phase: 'committed', reason: 'To try it' }, undo: { possible: true } },
    })
    expect(await running()).toBe(host.systems.good)
    const undone = await agentctl('undo', String(begun.out.ledger_index))
    expect(undone, undone.err).toMatchObject({ code: 0 })
    expect(await running()).toBe(host.systems.old)
  })

  it('ends with 20 where it was rolled back, and with 21 where the same system is tried again', async () => {
    const failed = await agentctl('switch', 'begin', host.systems.fails as string)
    expect(failed).toMatchObject({ code: 20, out: { ok: false, error: { code: 'switch_rolled_back' } } })
    expect(await running()).toBe(host.systems.old)
    const again = await agentctl('switch', 'begin', host.systems.fails as string)
    expect(again).toMatchObject({
      code: 21,
      out: { error: { code: 'switch_refused', message: expect.stringContaining('was rolled back from') } },
    })
    const list = await agentctl('switch', 'list')
    expect(list.out.result.knownBad).toMatchObject([{ path: host.systems.fails }])
    const story = await host.run([
      process.execPath,
      '--conditions=source',
      here('../src/main.ts'),
      'ledger',
      'tail',
      '--json',
      '--state',
      state,
    ])
    expect(story.stdout).toContain('switch_step')
  })

  it('ends with 22 where the system waits for a boot, which can be taken back', async () => {
    const staged = await agentctl('switch', 'begin', host.systems.reboots as string)
    expect(staged).toMatchObject({ code: 22, out: { ok: true, result: { phase: 'staged', waitsFor: 'boot' } } })
    expect((await agentctl('switch', 'begin', host.systems.good as string)).out.error.code).toBe('conflict')
    const back = await agentctl('rollback')
    expect(back, back.err).toMatchObject({ code: 0, out: { result: { phase: 'rolled_back' } } })
    const bootLoader = (await host.run(['cat', '/nix/var/boot-loader'])).stdout.trim()
    expect(bootLoader).toBe(host.systems.old)
    const generations = (await agentctl('generation', 'list')).out.result.generations
    expect(generations.map(({ path }: { path: string }) => path)).not.toContain(host.systems.reboots)
  })

  it('ends with 24 where it waits for a person, whose word commits', async () => {
    const waiting = await agentctl(
      'switch',
      'begin',
      host.systems.good as string,
      '--confirm',
      'both',
      '--confirm-within',
      '600',
    )
    expect(waiting, waiting.err).toMatchObject({
      code: 24,
      out: { result: { phase: 'confirming', waitsFor: 'person' } },
    })
    const committed = await agentctl('switch', 'commit')
    expect(committed, committed.err).toMatchObject({
      code: 0,
      out: { result: { phase: 'committed', confirmedBy: 'The operator' } },
    })
    const previous = await agentctl('generation', 'rollback')
    expect(previous, previous.err).toMatchObject({ code: 0, out: { result: { phase: 'committed' } } })
    expect(await running()).toBe(host.systems.old)
  })

  it('is confirmed from a chat by a person’s yes to the agent’s call, and by no agent alone', async () => {
    const waiting = await agentctl('switch', 'begin', host.systems.good as string, '--confirm', 'both')
    expect(waiting, waiting.err).toMatchObject({ code: 24 })
    // What the gateway does for a chat and the page.
    const ask = async (more: Record<string, unknown> = {}) => {
      const call = {
        call_id: 'call_confirming01',
        session: 'ses_confirming01',
        agent: 'main',
        tool: 'switch_commit',
        args: {},
      }
      const body = JSON.stringify({ ...call, ...more })
      const socket = `${state}/sockets/agent.sock`
      const url = 'http://localhost/v1/calls'
      const argv = ['curl', '--silent', '--unix-socket', socket, '--json', body, url]
      return JSON.parse((await host.run(argv)).stdout)
    }
    const asked = await ask()
    expect(asked).toMatchObject({ status: 'approval_required' })
    expect(await running()).toBe(host.systems.good)
    expect((await agentctl('switch', 'status')).out.result).toMatchObject({ phase: 'confirming' })
    expect(await agentctl('approve', asked.approval_id)).toMatchObject({ code: 0 })
    expect(await ask({ approval_id: asked.approval_id })).toMatchObject({
      status: 'done',
      ok: true,
      result: { phase: 'committed', confirmedBy: 'A person' },
    })
    expect(await agentctl('generation', 'rollback')).toMatchObject({ code: 0 })
    expect(await running()).toBe(host.systems.old)
  })

  it('goes back with agentd dead, and agentd tells of it when it starts', async () => {
    const waiting = await agentctl(
      'switch',
      'begin',
      host.systems.good as string,
      '--confirm',
      'both',
      '--confirm-within',
      '600',
    )
    expect(waiting).toMatchObject({ code: 24 })
    await host.run(['systemctl', 'kill', '--signal=SIGKILL', 'agentd'])
    const back = await agentctl('rollback')
    expect(back, back.err).toMatchObject({ code: 0, out: { path: host.systems.old, runs: true } })
    expect(await running()).toBe(host.systems.old)
    expect((await host.run(['systemctl', 'list-units', '--no-legend', 'castellan-*'])).stdout).toBe('')
    await startAgentd()
    const told = await until('agentd tells of it', async () => {
      const { out } = await agentctl('switch', 'status')
      return out?.result?.phase === 'rolled_back' && out.result
    })
    expect(told.outcome).toBe('It was taken back by the operator while agentd was away.')
  })

  it('goes back past an agentd that answers, which sees it', async () => {
    const waiting = await agentctl('switch', 'begin', host.systems.good as string, '--confirm', 'both')
    expect(waiting).toMatchObject({ code: 24 })
    expect(await agentctl('rollback', '--direct')).toMatchObject({ code: 0, out: { runs: true } })
    const ended = await until('agentd sees it', async () => {
      const { result } = (await agentctl('switch', 'status')).out
      return result.over ? result : undefined
    })
    expect(ended).toMatchObject({ phase: 'rolled_back', outcome: 'The operator took it back without agentd.' })
  })

  it('sets an option, builds, switches and takes all of it back', async () => {
    const set = await agentctl(
      'call',
      'nixos_option_set',
      JSON.stringify({ option: 'services.web.seconds', value: 4321 }),
    )
    expect(set, set.err).toMatchObject({ code: 0, out: { ok: true, result: { applied: 'committed' } } })
    expect(await web()).toContain('sleep 4321')
    const undone = await agentctl('undo', String(set.out.ledger_index))
    expect(undone, undone.err).toMatchObject({ code: 0 })
    expect(await web()).toContain('sleep 9999')
    const read = await agentctl('call', 'nixos_overlay_read')
    expect(read.out.result.settings).toEqual([])
  })
})
