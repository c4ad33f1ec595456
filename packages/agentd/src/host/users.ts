import { readFile } from 'node:fs/promises'

/** One account of passwd(5). */
export interface User {
  readonly name: string
  readonly uid: number
  readonly fullName: string
  readonly home: string
  readonly shell: string
  /** The first one is the account's own. */
  readonly groups: readonly string[]
  /** Whether it is for a person: in the range of login.defs(5), or root. */
  readonly person: boolean
  /** Whether its shell lets somebody in. */
  readonly canLogIn: boolean
  /** Of a group whose members may become root. */
  readonly administrator: boolean
  /** From shadow(5), which root may read only; the hash itself is never looked at. */
  readonly password: 'set' | 'empty' | 'locked' | 'unknown'
}

const ADMINISTRATORS: ReadonlySet<string> = new Set(['root', 'wheel', 'sudo', 'admin'])
const FIRST_PERSON = 1000
const NOBODY = 65_534

export async function readUsers(): Promise<User[]> {
  const [passwd, group, shadow] = await Promise.all(
    ['/etc/passwd', '/etc/group', '/etc/shadow'].map((path) => readFile(path, 'utf8').catch(() => null)),
  )
  return parseUsers(passwd ?? '', group ?? '', shadow ?? null)
}

/** By number. A line that makes no sense is left out, as getpwent(3) does. */
export function parseUsers(passwd: string, group: string, shadow: string | null): User[] {
  const groups = fieldsOf(group).map(([name = '', , gid = '', members = '']) => ({
    name,
    gid,
    members: members.split(','),
  }))
  const passwords = new Map(fieldsOf(shadow ?? '').map(([name = '', field = '']) => [name, field]))
  return fieldsOf(passwd)
    .filter((fields) => fields.length >= 7 && /^\d+$/.test(fields[2] ?? ''))
    .map(([name = '', , uidText, gid, gecos = '', home = '', shell = '']): User => {
      const uid = Number(uidText)
      const own = groups.find((each) => each.gid === gid)?.name ?? String(gid)
      const others = groups.filter((each) => each.members.includes(name) && each.name !== own).map((each) => each.name)
      return {
        name,
        uid,
        fullName: gecos.split(',')[0] ?? '',
        home,
        shell,
        groups: [own, ...others],
        person: uid === 0 || (uid >= FIRST_PERSON && uid < NOBODY && !/^nixbld\d+$/.test(name)),
        canLogIn: shell !== '' && !/\/(nologin|false|sync|halt|shutdown)$/.test(shell),
        administrator: uid === 0 || [own, ...others].some((each) => ADMINISTRATORS.has(each)),
        password: passwordState(passwords.get(name)),
      }
    })
    .sort((left, right) => left.uid - right.uid)
}

function passwordState(field: string | undefined): User['password'] {
  if (field === undefined) return 'unknown'
  if (field === '') return 'empty'
  return /^[!*]/.test(field) ? 'locked' : 'set'
}

function fieldsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line) => line.split(':'))
}
