import { readFile } from 'node:fs/promises'

/**
 * Names of users and groups, from /etc/passwd and /etc/group; a number without an entry there (a systemd dynamic user,
 * say) stays a number. Read afresh when a number is unknown, at most once a second.
 */
export class Accounts {
  readonly #users = new NameTable('/etc/passwd')
  readonly #groups = new NameTable('/etc/group')

  user(uid: number): Promise<string> {
    return this.#users.name(uid)
  }

  group(gid: number): Promise<string> {
    return this.#groups.name(gid)
  }
}

class NameTable {
  readonly #file: string
  /** A promise, so that whoever asks while the file is being read waits for it too. */
  #names: Promise<ReadonlyMap<number, string>> = Promise.resolve(new Map())
  #readAtMs = 0

  constructor(file: string) {
    this.#file = file
  }

  async name(id: number): Promise<string> {
    const known = (await this.#names).get(id)
    if (known !== undefined) return known
    if (Date.now() - this.#readAtMs > 1000) {
      this.#readAtMs = Date.now()
      this.#names = readFile(this.#file, 'utf8').then(parseAccounts, () => new Map())
    }
    return (await this.#names).get(id) ?? String(id)
  }
}

/** Lines of passwd(5) and group(5): the name is the first field, the number the third. */
export function parseAccounts(text: string): Map<number, string> {
  const names = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':')
    if (name !== undefined && id !== undefined && /^\d+$/.test(id) && !names.has(Number(id)))
      names.set(Number(id), name)
  }
  return names
}
