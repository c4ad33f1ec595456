import { realpath } from 'node:fs/promises'
import { normalize } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import type { Grant } from './files.ts'
import { joinPath, quotePath, splitPath } from './path.ts'

interface ResolvedGrant {
  /** As the owner wrote it, and as it is with every link resolved. Either spelling may begin a path. */
  readonly spellings: readonly (readonly string[])[]
  readonly real: readonly string[]
  readonly access: Grant['access']
}

/** Where a path enters granted ground: the resolved folder to open first, and what is left to walk below it. */
export interface Entrance {
  readonly root: readonly string[]
  readonly rest: readonly string[]
}

/** Which folders may be touched, and how. Compares whole names, so /srv/app says nothing about /srv/app-evil. */
export class Grants {
  readonly #grants: readonly ResolvedGrant[]
  readonly #words: string

  private constructor(grants: readonly ResolvedGrant[]) {
    this.#grants = grants
    this.#words = grants
      .filter(({ access }) => access !== 'none')
      .map(({ real, access }) => (access === 'read' ? `${joinPath(real)} (reading only)` : joinPath(real)))
      .join(', ')
  }

  /** Resolves each grant's links once. A folder that does not exist yet is taken as written. */
  static async resolve(grants: readonly Grant[]): Promise<Grants> {
    const resolved = grants.map(async ({ path, access }): Promise<ResolvedGrant> => {
      const written = splitPath(path)
      const real = splitPath(await realpath(joinPath(written)).catch(() => joinPath(written)))
      return { spellings: [written, real], real, access }
    })
    return new Grants(await Promise.all(resolved))
  }

  /** The innermost grant whose folder begins `path`. Throws `path_outside_roots`. */
  entrance(path: readonly string[]): Entrance {
    let best: { grant: ResolvedGrant; length: number } | undefined
    for (const grant of this.#grants) {
      for (const spelling of grant.spellings) {
        if (startsWith(path, spelling) && spelling.length >= (best?.length ?? 0))
          best = { grant, length: spelling.length }
      }
    }
    if (best === undefined || best.grant.access === 'none') throw this.outside(joinPath(path))
    return { root: best.grant.real, rest: path.slice(best.length) }
  }

  /** What the innermost grant around a resolved path allows. */
  access(resolved: readonly string[]): Grant['access'] {
    let best: ResolvedGrant | undefined
    for (const grant of this.#grants) {
      if (startsWith(resolved, grant.real) && grant.real.length >= (best?.real.length ?? 0)) best = grant
    }
    return best?.access ?? 'none'
  }

  /** Whether a grant begins somewhere below a resolved folder. */
  within(resolved: readonly string[]): boolean {
    return this.#grants.some(({ real }) => real.length > resolved.length && startsWith(real, resolved))
  }

  outside(path: string): CastellanError {
    return new CastellanError(
      'path_outside_roots',
      `${quotePath(normalize(path))} is outside the folders that file tools may use: ${this.#words}. ` +
        'Use a path inside these, or have the owner grant its folder in the configuration.',
    )
  }
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.length <= path.length && start.every((name, index) => name === path[index])
}
