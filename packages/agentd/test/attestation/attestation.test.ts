import { execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Attestation, IncidentListing, RecoveryPlan, type RunningSet } from '@castellan/contracts'
import { removeFolder, requires, temporaryFolder } from '@castellan/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Attestor, ReferenceFile } from '../../src/attestation/attestor.ts'
import { parseQuote, pcrDigest, quoteProblem } from '../../src/attestation/quote.ts'
import { Tpm } from '../../src/attestation/tpm.ts'
import type { Sighting } from '../../src/incidents/sighting.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { client, refusal, TestAgentd } from '../support/agentd.ts'

const set: RunningSet = { castellan: '0.1.0', system: null, policy: 'a'.repeat(64), baseline: null, models: null }
const slow = { timeout: 300_000 }

/** A TPM in software, on sockets of its own. */
async function swtpm(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cst-swtpm-'))
  const socket = join(folder, 's')
  const child = spawn(
    'swtpm',
    [
      ...['socket', '--tpm2', '--tpmstate', `dir=${folder}`, '--flags', 'not-need-init,startup-clear'],
      ...['--ctrl', `type=unixio,path=${socket}.ctrl`, '--server', `type=unixio,path=${socket}`],
    ],
    { stdio: 'ignore' },
  )
  onTestFinished(() => {
    child.kill('SIGKILL')
    return removeFolder(folder)
  })
  const tcti = `swtpm:path=${socket}`
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      execFileSync('tpm2_getrandom', ['--hex', '4'], { env: { ...process.env, TPM2TOOLS_TCTI: tcti }, stdio: 'ignore' })
      return tcti
    } catch {
      await sleep(200)
    }
  }
  throw new Error('swtpm did not start')
}

async function attestor(tcti: string, folder = temporaryFolder()) {
  const sightings: Sighting[] = []
  const here = { system: '/nix/store/a', intact: true }
  const parts = {
    tpm: await Tpm.find(tcti),
    runningSet: async () => ({ ...set, system: here.system }),
    file: new StateFile(join(folder, 'attestation.json'), ReferenceFile),
    ledger: { append: async () => 0 },
    incidents: { raise: (sighting: Sighting) => sightings.push(sighting) },
    isIntact: async () => here.intact,
    everyMs: 3_600_000,
    onError: () => undefined,
  }
  return { attestor: new Attestor(parts), here, sightings }
}

function extendRegister(tcti: string): void {
  const env = { ...process.env, TPM2TOOLS_TCTI: tcti }
  execFileSync('tpm2_pcrextend', [`4:sha256=${'b'.repeat(64)}`], { env })
}

requires
  .command('swtpm', 'swtpm')
  .and(requires.command('tpm2_quote', 'tpm2-tools'))
  .describe('a TPM', () => {
    it('quotes what runs, and a peer without a TPM sees every lie', slow, async () => {
      const { attestor: quoting } = await attestor(await swtpm())
      const nonce = randomBytes(32).toString('hex')
      const attestation = Attestation.parse(await quoting.attest(nonce))
      expect(quoteProblem(attestation, nonce)).toBeNull()
      expect(quoteProblem(attestation, randomBytes(32).toString('hex'))).toContain('another nonce')
      const other = { ...attestation, nonce: randomBytes(32).toString('hex') }
      expect(quoteProblem(other, other.nonce)).toContain('another nonce or another running set')
      const lying = { ...attestation, set: { ...attestation.set, policy: 'c'.repeat(64) } }
      expect(quoteProblem(lying, nonce)).toContain('running set')
      expect(quoteProblem({ ...attestation, pcrs: { ...attestation.pcrs, 4: 'd'.repeat(64) } }, nonce)).toContain(
        'registers',
      )
      const { 7: _, ...fewer } = attestation.pcrs
      expect(quoteProblem({ ...attestation, pcrs: fewer }, nonce)).toContain('other registers')
      const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
        type: 'spki',
        format: 'pem',
      })
      expect(quoteProblem(attestation, nonce, foreign as string)).toContain('signature')
      const cut = Buffer.from(attestation.message, 'base64').subarray(0, 40)
      expect(() => parseQuote(cut)).toThrow('cut off')
      expect((await quoting.attest(nonce)).public_key).toBe(attestation.public_key)
      expect(pcrDigest(attestation.pcrs)).toBe(
        parseQuote(Buffer.from(attestation.message, 'base64')).pcrDigest.toString('hex'),
      )
    })

    it('that shows another boot is an incident, unless a switch brought it', slow, async () => {
      const tcti = await swtpm()
      const { attestor: checking, here, sightings } = await attestor(tcti)
      expect(await checking.check()).toBeNull()
      extendRegister(tcti)
      expect(await checking.check()).toContain('booted something else')
      expect(sightings).toMatchObject([{ class: 'attestation_failure' }])
      here.system = '/nix/store/b'
      here.intact = false
      expect(await checking.check()).toContain('booted something else')
      here.intact = true
      expect(await checking.check()).toBeNull()
      expect(await checking.check()).toBeNull()
    })

    it('that is another one is an incident, until the operator accepts it', slow, async () => {
      const folder = temporaryFolder()
      const first = await attestor(await swtpm(), folder)
      expect(await first.attestor.check()).toBeNull()
      const second = await attestor(await swtpm(), folder)
      expect(await second.attestor.check()).toContain('another key')
      await second.attestor.accept()
      expect(await second.attestor.check()).toBeNull()
    })

    it(
      'serves agentd: it attests on operator.sock, and a changed boot freezes agents until that is recovered',
      slow,
      async () => {
        const tcti = await swtpm()
        const settings = {
          integrity: { tpm: tcti, scanMinutes: 1 },
          incidents: { quietSeconds: 0, containment: { attestation_failure: { critical: ['freeze_agents'] } } },
        }
        const agentd = await TestAgentd.start({ settings })
        const nonce = randomBytes(16).toString('hex')
        const attestation = await agentd.operator.request('POST', '/v1/attestation', {
          body: { nonce },
          schema: Attestation,
        })
        expect(quoteProblem(attestation, nonce)).toBeNull()
        await expect.poll(async () => (await agentd.story()).includes('attested')).toBe(true)
        extendRegister(tcti)
        await agentd.stop()
        const again = await TestAgentd.start({ stateDir: agentd.stateDir, settings })
        const incidents = async () =>
          (await again.operator.request('GET', '/v1/incidents', { schema: IncidentListing })).incidents
        await expect
          .poll(async () => (await incidents()).map(({ class: of, containment }) => [of, containment[0]?.state]), {
            timeout: 120_000,
          })
          .toEqual([['attestation_failure', 'in_force']])
        const id = (await incidents())[0]?.id as string
        const take = (body: object) =>
          again.operator.request('POST', `/v1/incidents/${id}/recovery`, { body, schema: RecoveryPlan })
        expect((await refusal(take({ step: 'cause' }))).code).toBe('cause_persists')
        await take({ step: 'cause', force: true, reason: 'The boot loader was replaced by hand.' })
        await take({ step: 'lift:freeze_agents' })
        expect((await take({ step: 'resolve' })).incident.state).toBe('resolved')
      },
    )
  })

describe('without a TPM', () => {
  it('says so, and raises nothing', async () => {
    const agentd = await TestAgentd.start()
    const socket = client(join(agentd.stateDir, 'sockets/operator.sock'))
    onTestFinished(() => socket.close())
    const asked = socket.request('POST', '/v1/attestation', { body: { nonce: 'ab'.repeat(16) }, schema: Attestation })
    await expect(asked).rejects.toMatchObject({ code: 'unsupported_host' })
  })
})
