import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { ThrowawayHost, throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'

interface Answer {
  readonly output: Record<string, unknown>
  readonly summary: string
  readonly error?: { readonly code: string; readonly message: string }
}

throwawayHost.describe('the systemd tools, on a host that systemd runs', () => {
  const repository = fileURLToPath(new URL('../../../../', import.meta.url))
  const script = fileURLToPath(new URL('../support/call-tools.ts', import.meta.url))
  let host: ThrowawayHost
  let user: readonly string[] = []

  /** Starting Node takes longer than a call, so calls that belong together go together. */
  async function calls<const Calls extends readonly [string, Record<string, unknown>?][]>(
    ...list: Calls
  ): Promise<{ [Key in keyof Calls]: Answer }> {
    const argument = JSON.stringify(list.map(([name, args = {}]) => ({ name, args })))
    const { stdout } = await host.run([...user, process.execPath, '--conditions=source', script, argument])
    return JSON.parse(stdout)
  }

  beforeAll(async () => {
    host = await ThrowawayHost.start({ readOnly: [repository] })
    await host.run(['systemd-run', '--unit=steady', '--property=Description=Works all day', 'sleep', '600'])
    await host.run(['systemd-run', '--unit=broken', 'sh', '-c', 'echo "disk on fire" >&2; exit 3'])
    await host.run(['sh', '-c', 'while systemctl is-active --quiet broken; do :; done; journalctl --sync'])
  }, 60_000)
  afterAll(() => host?.[Symbol.asyncDispose](), 30_000)

  it('service_status shows a running service', async () => {
    const [{ output, summary }] = await calls(['service_status', { unit: 'steady' }])
    expect(output).toMatchObject({
      unit: 'steady.service',
      description: 'Works all day',
      activeState: 'active',
      subState: 'running',
      mainPid: expect.any(Number),
      since: expect.stringMatching(/Z$/),
      restarts: 0,
    })
    expect(summary).toMatch(/^steady\.service is running since .+ UTC, main process \d+/)
  })

  it('service_status shows a failed service and how it ended', async () => {
    const [{ output, summary }] = await calls(['service_status', { unit: 'broken.service' }])
    expect(output).toMatchObject({ activeState: 'failed', result: 'exit-code', exitStatus: 3, mainPid: null })
    expect(summary).toMatch(/^broken\.service failed since .+: exit-code, exit status 3\./)
  })

  it('service_status offers what may have been meant', async () => {
    const [{ error }] = await calls(['service_status', { unit: 'stedy' }])
    expect(error).toMatchObject({
      code: 'unit_not_found',
      message: expect.stringContaining('Did you mean steady.service'),
    })
  })

  it('service_list narrows by state and name', async () => {
    const [running, named, none] = await calls(
      ['service_list', { state: 'running' }],
      ['service_list', { name: 'works ALL' }],
      ['service_list', { name: 'no-such' }],
    )
    const units = (running.output.services as { unit: string }[]).map(({ unit }) => unit)
    expect(units).toEqual(expect.arrayContaining(['steady.service', 'systemd-journald.service']))
    expect(units).not.toContain('broken.service')
    expect(named.summary).toBe(
      '1 service with "works ALL" in its name or description: steady.service (active, running).',
    )
    expect(none.summary).toMatch(/^There is no service with "no-such"/)
  })

  it('service_failed and system_health name what failed', async () => {
    const [failed, health] = await calls(['service_failed'], ['system_health'])
    expect(failed.output.services).toEqual(
      expect.arrayContaining([expect.objectContaining({ unit: 'broken.service', exitStatus: 3 })]),
    )
    expect(failed.summary).toContain('broken.service (exit-code, exit status 3')
    expect(health.output).toMatchObject({
      verdict: expect.stringMatching(/warning|critical/),
      failedServices: expect.arrayContaining(['broken.service']),
    })
  })

  it('journal_query finds what a unit said, since when, and how bad', async () => {
    const [said, none, found, malformed, unknown] = await calls(
      ['journal_query', { unit: 'broken', since: '10 minutes' }],
      ['journal_query', { unit: 'steady', priority: 'crit' }],
      ['journal_query', { grep: '^disk on fire' }],
      ['journal_query', { grep: '(' }],
      ['journal_query', { unit: 'brokn' }],
    )
    const messages = (said.output.entries as { message: string }[]).map(({ message }) => message)
    expect(messages).toContain('disk on fire')
    expect(said.summary).toMatch(/^\d+ entries from broken since 10 minutes, the last at .+: /)
    expect(none.summary).toBe('The journal has no entries of priority crit or worse from steady.')
    expect(found.output.entries).toHaveLength(1)
    expect(malformed.error?.code).toBe('invalid_arguments')
    expect(unknown.error?.code).toBe('unit_not_found')
  })

  it('journal_query says when this user may not read the whole journal', async () => {
    user = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups']
    onTestFinished(() => {
      user = []
    })
    const [{ output, summary, error }] = await calls(['journal_query', { unit: 'broken' }])
    expect(error).toBeUndefined()
    expect(output).toMatchObject({ entries: [], restricted: true })
    expect(summary).toContain('needs root or the group systemd-journal')
  })

  it('journal_query goes back page by page without a gap or a repetition', async () => {
    const lines = 'for i in $(seq 1 30); do echo "line $i"; done | systemd-cat --identifier=counter; journalctl --sync'
    await host.run(['sh', '-c', lines])
    const pages: string[][] = []
    let cursor: string | null = null
    do {
      const args: Record<string, unknown> = { grep: '^line \\d+$', limit: 12, ...(cursor === null ? {} : { cursor }) }
      const [{ output }] = await calls(['journal_query', args])
      pages.unshift((output.entries as { message: string }[]).map(({ message }) => message))
      cursor = output.cursor as string | null
    } while (cursor !== null)
    expect(pages.map((page) => page.length)).toEqual([6, 12, 12])
    expect(pages.flat()).toEqual(Array.from({ length: 30 }, (_, index) => `line ${index + 1}`))
  })
})
