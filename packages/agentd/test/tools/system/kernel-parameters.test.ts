import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { KernelParameters, sameValue } from '../../../src/host/kernel-parameters.ts'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

describe('kernel parameters', () => {
  /** A folder in the shape of /proc/sys. */
  async function kernel(): Promise<KernelParameters> {
    const root = await mkdtemp(join(machine.folder, 'sys-'))
    const files = {
      'vm/swappiness': '60',
      'net/ipv4/tcp_rmem': '4096\t131072\t6291456',
      'net/ipv4/conf/eth0.5/forwarding': '0',
      'net/ipv4/tcp_fastopen_key': 'aaaa-bbbb',
      'kernel/core_pattern': 'core',
    }
    for (const [path, value] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), `${value}\n`)
    }
    await symlink('/etc/passwd', join(root, 'vm/link'))
    return new KernelParameters(root)
  }

  async function opened(): Promise<Machine> {
    const other = await openMachine({ replace: { kernel: await kernel() } })
    onTestFinished(() => other[Symbol.asyncDispose]())
    return other
  }

  it('reads one of this machine, and names a near miss', async () => {
    const { output } = await machine.call('kernel_parameter_get', { name: 'kernel.ostype' })
    expect(output).toMatchObject({ parameters: [{ name: 'kernel.ostype', value: 'Linux' }], total: 1 })
    await expect(machine.call('kernel_parameter_get', { name: 'kernel.ostipe' })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('Did you mean kernel.ostype'),
    })
  })

  it('reads by either way of writing a name, all below a prefix, and never a key or through a link', async () => {
    const other = await opened()
    const value = async (name: string) => (await other.call('kernel_parameter_get', { name })).output.parameters
    expect(await value('net.ipv4.tcp_rmem')).toEqual([{ name: 'net.ipv4.tcp_rmem', value: '4096 131072 6291456' }])
    const dotted = [{ name: 'net.ipv4.conf.eth0/5.forwarding', value: '0' }]
    expect(await value('net.ipv4.conf.eth0/5.forwarding')).toEqual(dotted)
    expect(await value('net/ipv4/conf/eth0.5/forwarding')).toEqual(dotted)
    expect(((await value('net')) as { name: string }[]).map(({ name }) => name)).toEqual([
      'net.ipv4.conf.eth0/5.forwarding',
      'net.ipv4.tcp_rmem',
    ])
    await expect(value('net.ipv4.tcp_fastopen_key')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(value('vm.link')).rejects.toMatchObject({ code: 'not_found' })
    await expect(value('net.ipv4...ipv4')).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  it('sets one, takes it back, and takes that back', async () => {
    const other = await opened()
    const { output, inverse, summary } = await other.call('kernel_parameter_set', {
      name: 'vm.swappiness',
      value: '10',
    })
    expect(output).toEqual({ name: 'vm.swappiness', value: '10', before: '60', changed: true })
    expect(summary).toBe('vm.swappiness is 10 now; it was 60. Until the next boot.')
    const value = async () => (await other.host.kernel.value('vm.swappiness', other.signal)).value
    const redo = await other.revert('kernel_parameter_set', inverse)
    expect(await value()).toBe('60')
    await other.revert('kernel_parameter_set', redo)
    expect(await value()).toBe('10')
    const same = await other.call('kernel_parameter_set', { name: 'vm/swappiness', value: '0x0a' })
    expect(same).toMatchObject({ output: { changed: false }, inverse: null })
  })

  it('does not take back what somebody changed since, unless told to insist', async () => {
    const other = await opened()
    const { inverse } = await other.call('kernel_parameter_set', { name: 'vm.swappiness', value: '10' })
    await other.host.kernel.set('vm.swappiness', '30', other.signal)
    await expect(other.revert('kernel_parameter_set', inverse)).rejects.toMatchObject({ code: 'world_moved_on' })
    const context = { host: other.host, signal: other.signal, interrupted: false }
    const preview = await toolByName('kernel_parameter_set').revertPreview?.(inverse?.data, context)
    expect(preview?.movedOn).toBe('This act set vm.swappiness to 10, but it is 30 now.')
    await other.revert('kernel_parameter_set', inverse, true)
    expect((await other.host.kernel.value('vm.swappiness', other.signal)).value).toBe('60')
  })

  it.each([
    'kernel.core_pattern',
    'kernel/modprobe',
    'kernel.usermodehelper.bset',
    'fs.binfmt_misc.register',
    'vm.drop_caches',
    'net.ipv4.route.flush',
    'kernel.modules_disabled',
    'kernel.yama.ptrace_scope',
  ])('%s guards the machine or cannot be taken back, so no tool sets it', async (name) => {
    const error = { code: 'forbidden', message: expect.stringContaining(name.replaceAll('/', '.')) }
    await expect(machine.call('kernel_parameter_set', { name, value: '1' })).rejects.toMatchObject(error)
    await expect(machine.preview('kernel_parameter_set', { name, value: '1' })).rejects.toMatchObject(error)
    await expect(machine.resources('kernel_parameter_set', { name, value: '1' })).rejects.toMatchObject(error)
  })

  it('policy sees one name, however it is written', async () => {
    for (const name of ['vm.swappiness', 'vm/swappiness']) {
      expect(await machine.resources('kernel_parameter_set', { name, value: '1' })).toEqual([
        { kind: 'machine', id: 'kernel-parameter/vm.swappiness', access: 'write' },
      ])
    }
  })

  it('values are the same by their numbers, not by their spelling', () => {
    expect(sameValue('10', '0x0A')).toBe(true)
    expect(sameValue('4096\t16384', ' 4096 16384 ')).toBe(true)
    expect(sameValue('1', '10')).toBe(false)
    expect(sameValue('a', '0x0a')).toBe(false)
    expect(sameValue('cubic', 'cubic')).toBe(true)
  })
})
