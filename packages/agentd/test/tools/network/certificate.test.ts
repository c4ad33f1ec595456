import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closedPort, listening } from '../../support/listening.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

requires.command('openssl', 'openssl').describe('certificate_check', () => {
  /** A certificate that signs itself, for a name, ending in some days. */
  function certificate(name: string, days: number): { key: Buffer; cert: Buffer } {
    const [key, cert] = [join(machine.folder, `${name}.key`), join(machine.folder, `${name}.crt`)]
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
    ]
    execFileSync(
      'openssl',
      [...request, '-addext', `subjectAltName=DNS:${name}`, '-days', String(days), '-keyout', key, '-out', cert],
      {
        stdio: 'ignore',
      },
    )
    return { key: readFileSync(key), cert: readFileSync(cert) }
  }

  it('tells names, dates and why it is not trusted', async () => {
    const port = await listening(createTls(certificate('demo.test', 10)))
    const { output, summary, taints } = await machine.call('certificate_check', {
      host: '127.0.0.1',
      port,
      serverName: 'demo.test',
    })
    expect(output).toMatchObject({
      valid: false,
      trusted: false,
      trustProblem: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      matchesName: true,
      subject: 'CN=demo.test',
      names: ['demo.test'],
      daysLeft: 9,
      chainLength: 1,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(summary).toContain('not trusted here')
    expect(summary).toContain('It is time to renew it.')
    expect(taints).toEqual(['untrusted-text'])
    const wrong = await machine.call('certificate_check', { host: 'localhost', port })
    expect(wrong.output).toMatchObject({ matchesName: false, address: '127.0.0.1' })
    expect(wrong.summary).toContain('it is for demo.test')
  })

  it('says when there is no TLS to speak, or nobody', async () => {
    const plain = await listening(createHttp((_request, response) => void response.end()))
    await expect(machine.call('certificate_check', { host: '127.0.0.1', port: plain })).rejects.toMatchObject({
      code: 'command_failed',
      message: expect.stringMatching(/shook no hands over TLS: it (does not speak TLS|hung up)/),
    })
    await expect(
      machine.call('certificate_check', { host: '127.0.0.1', port: await closedPort() }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('the connection was refused'),
    })
    const silent = await listening(createServer())
    await expect(
      machine.call('certificate_check', { host: '127.0.0.1', port: silent, timeoutSeconds: 1 }),
    ).rejects.toMatchObject({ message: expect.stringContaining('did not answer within 1000 ms') })
  })
})
