import { afterAll, beforeAll, expect, it } from 'vitest'
import { throwawayHost } from '../../../../../tests/support/throwaway-host/host.ts'
import { HostedAgentd } from '../../support/hosted-agentd.ts'

interface Check {
  readonly id: string
  readonly outcome: string
  readonly found: string
  readonly advice: string | null
}

throwawayHost.describe('hardening_score and integrity, on a host that systemd runs', () => {
  let agentd: HostedAgentd

  beforeAll(async () => {
    agentd = await HostedAgentd.start()
    await agentd.host.run(['sh', '-c', 'mkdir -p /etc/castellan && echo "{}" > /etc/castellan/config.json'])
  })
  afterAll(() => agentd?.[Symbol.asyncDispose]())

  const sh = async (script: string) => (await agentd.host.run(['sh', '-c', script])).stdout.trim()
  async function check(): Promise<{ score: number; checks: Map<string, Check> }> {
    const [{ result }] = await agentd.calls(['hardening_score'])
    return { score: result.score as number, checks: new Map((result.checks as Check[]).map((each) => [each.id, each])) }
  }

  it('lowers the score for each weakness that is made, and names it', async () => {
    const before = await check()
    for (const id of ['empty_passwords', 'one_root', 'writable_configuration']) {
      expect(before.checks.get(id)).toMatchObject({ outcome: 'pass', advice: null })
    }
    await sh(
      [
        'echo "guest:x:1500:1500::/:/bin/sh" >> /etc/passwd',
        'echo "guest::20000:0:99999:7:::" >> /etc/shadow',
        'echo "toor:x:0:0::/:/bin/sh" >> /etc/passwd',
        'touch /etc/loose.conf; chmod 0666 /etc/loose.conf',
      ].join(' && '),
    )
    const after = await check()
    expect(after.checks.get('empty_passwords')).toMatchObject({
      outcome: 'fail',
      found: 'guest has an empty password.',
    })
    expect(after.checks.get('one_root')).toMatchObject({ outcome: 'fail', found: 'toor is root under another name.' })
    expect(after.checks.get('writable_configuration')).toMatchObject({
      outcome: 'fail',
      found: '/etc/loose.conf is writable for everybody.',
      advice: expect.stringContaining('chmod'),
    })
    expect(after.score).toBeLessThan(before.score)
    expect(after.checks.get('exposed_services')?.outcome).toMatch(/pass|fail/)
  })

  it('takes a baseline, sees one byte changed in what is watched, and raises an incident', async () => {
    const [none, taken, intact] = await agentd.calls(['integrity_status'], ['integrity_baseline'], ['integrity_status'])
    expect(none.result).toMatchObject({ state: 'none' })
    expect(taken.result.files).toBeGreaterThan(100)
    expect(intact.result.baselineDigest).toBe(taken.result.baselineDigest)
    // The programs are this repository, where other things may be going on.
    const configured = (answer: { result: Record<string, unknown> }) =>
      (answer.result.differences as { path: string }[]).filter(({ path }) => path.startsWith('/etc/castellan'))
    expect(configured(intact)).toEqual([])
    await sh('echo " " >> /etc/castellan/config.json')
    const [violated, incidents] = await agentd.calls(
      ['integrity_status'],
      ['ledger_query', { type: 'incident_opened' }],
    )
    expect(violated.result).toMatchObject({ state: 'violated' })
    expect(configured(violated)).toMatchObject([{ path: '/etc/castellan/config.json', what: 'changed' }])
    expect(incidents.result.entries).toContainEqual(expect.objectContaining({ code: 'integrity_violation' }))
  })
})
