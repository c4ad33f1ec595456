import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, runCommand } from '../command.ts'
import { readUsers } from '../users.ts'
import { type Finding, type Ground, type HardeningCheck, noneOf, notApplicable, unknown } from './check.ts'

/** Who gets in, and as whom. */
export const accessChecks: readonly HardeningCheck[] = [
  {
    id: 'ssh_root_password',
    title: 'Nobody logs in as root with a password over SSH',
    weight: 3,
    advice: 'Set PermitRootLogin to no or prohibit-password (NixOS: services.openssh.settings.PermitRootLogin).',
    look: (ground) =>
      sshd(ground, (settings) => {
        const value = settings.get('permitrootlogin') ?? 'unknown'
        return noneOf(value === 'yes' ? ['PermitRootLogin is yes'] : [], `PermitRootLogin is ${value}.`)
      }),
  },
  {
    id: 'ssh_passwords',
    title: 'SSH takes keys, not passwords',
    weight: 3,
    advice:
      'Set PasswordAuthentication and KbdInteractiveAuthentication to no (NixOS: services.openssh.settings) once your key is in place.',
    look: (ground) =>
      sshd(ground, (settings) => {
        const open = ['passwordauthentication', 'kbdinteractiveauthentication'].filter(
          (name) => settings.get(name) === 'yes',
        )
        return noneOf(
          open.map((name) => `${name} is yes`),
          'Passwords are not taken.',
        )
      }),
  },
  {
    id: 'ssh_empty_passwords',
    title: 'SSH refuses empty passwords',
    weight: 3,
    advice: 'Set PermitEmptyPasswords to no.',
    look: (ground) =>
      sshd(ground, (settings) =>
        noneOf(
          settings.get('permitemptypasswords') === 'yes' ? ['PermitEmptyPasswords is yes'] : [],
          'They are refused.',
        ),
      ),
  },
  {
    id: 'empty_passwords',
    title: 'No account has an empty password',
    weight: 3,
    advice: 'Give the account a password, or lock it with passwd --lock.',
    look: async () => {
      const users = await readUsers()
      if (users.every(({ password }) => password === 'unknown')) return unknown('Only root may read /etc/shadow.')
      const empty = users
        .filter(({ password }) => password === 'empty')
        .map(({ name }) => `${name} has an empty password`)
      return noneOf(empty, 'Every account has a password or is locked.')
    },
  },
  {
    id: 'one_root',
    title: 'Only root has the user id 0',
    weight: 3,
    advice: 'Remove the other account with user id 0, after finding out who made it.',
    look: async () => {
      const others = (await readUsers()).filter(({ uid, name }) => uid === 0 && name !== 'root')
      return noneOf(
        others.map(({ name }) => `${name} is root under another name`),
        'root is the only one.',
      )
    },
  },
  {
    id: 'sudo_passwords',
    title: 'sudo asks for a password',
    weight: 2,
    advice: 'Remove NOPASSWD from the sudoers rules, or narrow it to single commands.',
    look: async () => {
      const rules = await sudoers()
      if (rules === null) return unknown('Only root may read /etc/sudoers.')
      if (rules.length === 0) return notApplicable('This host has no sudo.')
      const open = rules.filter((rule) => /NOPASSWD:\s*ALL\b/.test(rule) || /!authenticate/.test(rule))
      return noneOf(
        open.map((rule) => `"${rule.slice(0, 80)}"`),
        'No rule gives everything without one.',
      )
    },
  },
]

/** What sshd really uses, by its own word (sshd(8), -T). */
async function sshd({ signal }: Ground, judge: (settings: ReadonlyMap<string, string>) => Finding): Promise<Finding> {
  const program = await findProgram('sshd').catch(() => null)
  if (program === null) return notApplicable('This host has no SSH server.')
  const result = await runCommand(program, ['-T'], { signal, maxOutputBytes: 256 * 1024 })
  if (result.exitCode !== 0) return unknown(`sshd does not tell its settings: ${result.stderr.trim().slice(0, 200)}`)
  const settings = result.stdout.split('\n').map((line): [string, string] => {
    const space = line.indexOf(' ')
    return [line.slice(0, space).toLowerCase(), line.slice(space + 1).trim()]
  })
  return judge(new Map(settings))
}

/** Every rule of sudoers(5), comments left out; null where it may not be read, empty where there is none. */
async function sudoers(): Promise<string[] | null> {
  try {
    const folder = await readdir('/etc/sudoers.d').catch(() => [])
    const paths = ['/etc/sudoers', ...folder.map((name) => join('/etc/sudoers.d', name))]
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
    return texts
      .join('\n')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && (!line.startsWith('#') || line.startsWith('#includedir')))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : null
  }
}
