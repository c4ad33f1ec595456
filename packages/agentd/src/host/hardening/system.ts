import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readClock } from '../clock.ts'
import { findProgram, runCommand } from '../command.ts'
import { systemdRuns } from '../systemctl.ts'
import { fail, type HardeningCheck, noneOf, notApplicable, pass, unknown } from './check.ts'
import { settings } from './network.ts'

/** Entries of /etc that are looked at. */
const MOST_ENTRIES = 20_000
/** `systemd-analyze security` calls 7 and more "exposed" or worse. */
const EXPOSED = 7

/** What whoever is already inside can do, and what is noticed. */
export const systemChecks: readonly HardeningCheck[] = [
  {
    id: 'writable_configuration',
    title: 'Nobody but root writes the configuration',
    weight: 3,
    advice: 'Take the write permission for others away: chmod o-w.',
    look: async ({ signal }) => {
      const found: string[] = []
      const complete = await findWritable('/etc', found, { left: MOST_ENTRIES }, signal)
      if (found.length === 0 && !complete)
        return unknown(`The first ${MOST_ENTRIES} entries of /etc are fine; there are more.`)
      return noneOf(
        found.map((path) => `${path} is writable for everybody`),
        'Nothing in /etc is writable for everybody.',
      )
    },
  },
  {
    id: 'kernel_leaks',
    title: 'The kernel keeps its addresses and messages to itself',
    weight: 1,
    advice: 'Set kernel.kptr_restrict and kernel.dmesg_restrict to 1 (NixOS: boot.kernel.sysctl).',
    look: ({ kernel, signal }) =>
      settings(kernel, signal, [
        ['kernel.kptr_restrict', (value) => value >= 1],
        ['kernel.dmesg_restrict', (value) => value >= 1],
      ]),
  },
  {
    id: 'kernel_attack_surface',
    title: 'Ordinary users neither load BPF programs nor trace each other’s processes',
    weight: 2,
    advice: 'Set kernel.unprivileged_bpf_disabled to 1 and kernel.yama.ptrace_scope to 1 or more.',
    look: ({ kernel, signal }) =>
      settings(kernel, signal, [
        ['kernel.unprivileged_bpf_disabled', (value) => value >= 1],
        ['kernel.yama.ptrace_scope', (value) => value >= 1],
      ]),
  },
  {
    id: 'link_protection',
    title: 'Links and FIFOs in shared folders cannot be used against others',
    weight: 1,
    advice: 'Set fs.protected_symlinks, fs.protected_hardlinks and fs.protected_fifos to 1 or more.',
    look: ({ kernel, signal }) =>
      settings(kernel, signal, [
        ['fs.protected_symlinks', (value) => value >= 1],
        ['fs.protected_hardlinks', (value) => value >= 1],
        ['fs.protected_fifos', (value) => value >= 1],
      ]),
  },
  {
    id: 'exposed_services',
    title: 'Running services give up the rights that they do not need',
    weight: 2,
    advice:
      'Look at each with systemd-analyze security UNIT and set what its program can do without (systemd.exec(5)).',
    look: async ({ signal }) => {
      if (!(await systemdRuns())) return notApplicable('systemd does not run this host.')
      const program = await findProgram('systemd-analyze').catch(() => null)
      if (program === null) return unknown('systemd-analyze is not installed.')
      const result = await runCommand(program, ['security', '--no-pager', '--json=short'], {
        signal,
        maxOutputBytes: 4 * 1024 * 1024,
      })
      if (result.exitCode !== 0) return unknown('systemd-analyze does not tell.')
      const units = JSON.parse(result.stdout) as { unit: string; exposure: string }[]
      const exposed = units.filter(({ exposure }) => Number(exposure) >= EXPOSED)
      const share = units.length === 0 ? 0 : exposed.length / units.length
      const named = exposed
        .toSorted((left, right) => Number(right.exposure) - Number(left.exposure))
        .slice(0, 5)
        .map(({ unit, exposure }) => `${unit} ${exposure}`)
      const sentence = `${exposed.length} of ${units.length} services are exposed (${EXPOSED} or more of 10)`
      return share > 0.5 ? fail(`${sentence}, most of all ${named.join(', ')}.`) : pass(`${sentence}.`)
    },
  },
  {
    id: 'kernel_current',
    title: 'The kernel that runs is the one that is installed',
    weight: 2,
    advice: 'Reboot, so that the fixes of the new kernel count.',
    look: async () => {
      const [booted, current] = await Promise.all(
        ['/run/booted-system/kernel', '/run/current-system/kernel'].map((path) => readlink(path).catch(() => null)),
      )
      if (booted === null || current === null) {
        const required = await lstat('/run/reboot-required').then(
          () => true,
          () => false,
        )
        return required
          ? fail('This host says that it wants a reboot.')
          : notApplicable('This host is not NixOS and wants no reboot.')
      }
      return booted === current ? pass('It is.') : fail('A newer kernel is installed than the one that runs.')
    },
  },
  {
    id: 'clock',
    title: 'The clock is held to a time source',
    weight: 1,
    advice: 'Turn on a time service (NixOS: services.timesyncd.enable).',
    look: async ({ signal }) => {
      const { synchronized, service } = await readClock(signal)
      if (synchronized === null && service === null) return unknown('Nobody on this host tells.')
      return synchronized === true
        ? pass(`${service ?? 'A service'} keeps it right.`)
        : fail('The clock is not synchronized.')
    },
  },
  {
    id: 'lasting_journal',
    title: 'The journal outlives a reboot',
    weight: 1,
    advice: 'Make /var/log/journal, or set Storage=persistent in journald.conf.',
    look: async () => {
      if (!(await systemdRuns())) return notApplicable('systemd does not run this host.')
      const kept = await readdir('/var/log/journal').then(
        (names) => names.length > 0,
        () => false,
      )
      return kept ? pass('It is kept on disk.') : fail('It is kept in memory only.')
    },
  },
  {
    id: 'confinement',
    title: 'A security module of the kernel confines programs',
    weight: 1,
    advice: 'Turn on AppArmor (NixOS: security.apparmor.enable) or SELinux.',
    look: async () => {
      const modules = (await readFile('/sys/kernel/security/lsm', 'utf8').catch(() => '')).trim()
      if (modules === '') return unknown('The kernel does not tell.')
      const confining = modules.split(',').filter((name) => ['apparmor', 'selinux', 'smack', 'tomoyo'].includes(name))
      return noneOf(confining.length === 0 ? [`Only ${modules} are loaded`] : [], `${confining.join(', ')} is loaded.`)
    },
  },
  {
    id: 'disk_encryption',
    title: 'The root file system is encrypted',
    weight: 2,
    advice: 'A host is encrypted when it is installed (LUKS); back it up and install it anew.',
    look: async () => {
      const mounts = await readFile('/proc/self/mountinfo', 'utf8')
      const device = mounts
        .split('\n')
        .map((line) => line.split(' '))
        .find((fields) => fields[4] === '/')?.[2]
      if (device === undefined || device.startsWith('0:'))
        return notApplicable('The root file system is on no disk of this host.')
      const encrypted = await isEncrypted(device)
      return encrypted ? pass('It is on an encrypted device.') : fail('It is not: whoever takes the disk reads it.')
    },
  },
]

/** Whether a block device, or one below it, is a dm-crypt mapping (its UUID begins so). */
async function isEncrypted(device: string, depth = 0): Promise<boolean> {
  const folder = join('/sys/dev/block', device)
  const uuid = await readFile(join(folder, 'dm/uuid'), 'utf8').catch(() => '')
  if (uuid.startsWith('CRYPT-')) return true
  if (depth > 8) return false
  for (const slave of await readdir(join(folder, 'slaves')).catch(() => [])) {
    const number = await readFile(join(folder, 'slaves', slave, 'dev'), 'utf8').catch(() => '')
    if (number !== '' && (await isEncrypted(number.trim(), depth + 1))) return true
  }
  return false
}

/** Adds what is writable for everybody below a folder; false where there is more than may be looked at. */
async function findWritable(
  folder: string,
  found: string[],
  budget: { left: number },
  signal: AbortSignal,
): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    signal.throwIfAborted()
    if (budget.left-- <= 0) return false
    const path = join(folder, entry.name)
    if (entry.isSymbolicLink()) continue
    const stats = await lstat(path).catch(() => null)
    if (stats !== null && (stats.mode & 0o002) !== 0 && (stats.mode & 0o1000) === 0) found.push(path)
    if (entry.isDirectory() && !(await findWritable(path, found, budget, signal))) return false
  }
  return true
}
