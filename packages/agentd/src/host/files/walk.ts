import type { BigIntStats } from 'node:fs'
import { readlink, statfs } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { Descriptor } from './descriptor.ts'
import { fileError, isErrno } from './errors.ts'
import type { Grant } from './files.ts'
import type { Grants } from './grants.ts'
import { isKernelFileSystem } from './kernel-files.ts'
import { joinPath, parsePath, quotePath, splitPath } from './path.ts'

/** As many links as the kernel itself follows (path_resolution(7)). */
const MAX_LINKS = 40

/** One folder on the way, held open, under the name that leads to it by real folders only. */
interface Step {
  readonly folder: Descriptor
  readonly path: readonly string[]
}

/**
 * Where a path leads. `folder` is held open; `name` is the last name in it (`.` for a granted folder itself). What is
 * there is held as `found`; null where nothing is. Dispose of it to let go of both.
 */
export class Place implements Disposable {
  readonly folder: Descriptor
  readonly name: string
  readonly found: { readonly descriptor: Descriptor; readonly stats: BigIntStats } | null
  /** Absolute, through real folders only. */
  readonly path: string
  readonly access: Grant['access']
  /** Folders that would have to be made between `folder` and `name`, outermost first. */
  readonly missing: readonly string[]
  readonly #held: readonly Descriptor[]

  constructor(fields: Pick<Place, 'folder' | 'name' | 'found' | 'path' | 'access' | 'missing'>, held: Descriptor[]) {
    this.folder = fields.folder
    this.name = fields.name
    this.found = fields.found
    this.path = fields.path
    this.access = fields.access
    this.missing = fields.missing
    this.#held = held
  }

  /** What is at this place. Throws `not_found`. */
  get existing(): { readonly descriptor: Descriptor; readonly stats: BigIntStats } {
    if (this.found !== null) return this.found
    throw new CastellanError('not_found', `${quotePath(this.path)} does not exist.`)
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#held) descriptor[Symbol.dispose]()
  }
}

/**
 * Walks a path the way the kernel would, but one component at a time on held descriptors, and never out of the grants:
 * each link is read as text and walked again under the same rules (so the magic links of /proc lead nowhere), `..` goes
 * back to the folder we came from, and the name reported is made of real folders only. There is no moment between a
 * check and a use: what was checked is what is held.
 */
export class Walker {
  readonly #grants: Grants
  readonly #workspace: string

  constructor(grants: Grants, workspace: string) {
    this.#grants = grants
    this.#workspace = workspace
  }

  /**
   * Resolves what an agent wrote. `lastLink: 'keep'` stops at a symbolic link at the very end, as deleting must.
   * Throws `path_outside_roots`, `path_invalid`, `not_a_directory`, `permission_denied`.
   */
  async walk(text: string, lastLink: 'follow' | 'keep' = 'follow'): Promise<Place> {
    const start = parsePath(text, this.#workspace)
    const held: Descriptor[] = []
    try {
      const place = await this.#resolve(start, lastLink, held)
      await this.#refuseKernelFiles(place)
      return place
    } catch (error) {
      for (const descriptor of held) descriptor[Symbol.dispose]()
      throw fileError(error, joinPath(start))
    }
  }

  async #resolve(start: readonly string[], lastLink: 'follow' | 'keep', held: Descriptor[]): Promise<Place> {
    let pending = [...start]
    let links = 0
    const countLink = () => {
      links += 1
      if (links > MAX_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
    }
    restart: for (;;) {
      const entrance = this.#grants.entrance(pending)
      const steps: Step[] = [{ folder: await this.#openRoot(entrance.root, held), path: entrance.root }]
      pending = [...entrance.rest]
      for (;;) {
        const here = steps.at(-1) as Step
        const name = pending.shift()
        if (name === undefined) return await this.#folderPlace(steps, held)
        if (name === '..') {
          if (steps.length > 1) {
            steps.pop()
            continue
          }
          countLink()
          pending = [...here.path.slice(0, -1), ...pending]
          continue restart
        }
        const path = [...here.path, name]
        if (this.#grants.access(path) === 'none') throw this.#grants.outside(joinPath(path))
        const descriptor = await openChild(here.folder, name, held)
        if (descriptor === null) return this.#absentPlace(here, [name, ...pending], held)
        const stats = await descriptor.stat()
        if (stats.isDirectory()) {
          steps.push({ folder: descriptor, path })
          continue
        }
        const last = pending.length === 0
        if (stats.isSymbolicLink() && !(last && lastLink === 'keep')) {
          countLink()
          const target = await readLink(here.folder, name)
          // Relinked between the two looks: look again.
          if (target === null) pending.unshift(name)
          else pending.unshift(...splitPath(target))
          if (target?.startsWith('/')) continue restart
          continue
        }
        if (!last) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
        return new Place(
          {
            folder: here.folder,
            name,
            found: { descriptor, stats },
            path: joinPath(path),
            access: this.#grants.access(path),
            missing: [],
          },
          held,
        )
      }
    }
  }

  /**
   * Opens a granted folder by its resolved name and asks the kernel for the name of what was opened: should a folder
   * above it have been turned into a link since the grant was resolved, the two differ.
   */
  async #openRoot(root: readonly string[], held: Descriptor[]): Promise<Descriptor> {
    const path = joinPath(root)
    const folder = await Descriptor.place(path, 'directory')
    held.push(folder)
    if ((await readlink(folder.self)) !== path) throw this.#grants.outside(path)
    return folder
  }

  async #folderPlace(steps: readonly Step[], held: Descriptor[]): Promise<Place> {
    const here = steps.at(-1) as Step
    const above = steps.at(-2)
    return new Place(
      {
        folder: above?.folder ?? here.folder,
        name: above === undefined ? '.' : (here.path.at(-1) as string),
        found: { descriptor: here.folder, stats: await here.folder.stat() },
        path: joinPath(here.path),
        access: this.#grants.access(here.path),
        missing: [],
      },
      held,
    )
  }

  #absentPlace(here: Step, names: readonly string[], held: Descriptor[]): Place {
    const path = [...here.path, ...names]
    if (names.includes('..')) throw new CastellanError('not_found', `${quotePath(joinPath(path))} does not exist.`)
    if (this.#grants.access(path) === 'none') throw this.#grants.outside(joinPath(path))
    return new Place(
      {
        folder: here.folder,
        name: names.at(-1) as string,
        found: null,
        path: joinPath(path),
        access: this.#grants.access(path),
        missing: names.slice(0, -1),
      },
      held,
    )
  }

  async #refuseKernelFiles(place: Place): Promise<void> {
    const { type } = await statfs((place.found?.descriptor ?? place.folder).self)
    if (!isKernelFileSystem(type)) return
    throw new CastellanError(
      'path_outside_roots',
      `${quotePath(place.path)} is the kernel speaking, not a file on a disk. Use a tool made for it, like process_list ` +
        'or memory_usage.',
    )
  }
}

async function openChild(folder: Descriptor, name: string, held: Descriptor[]): Promise<Descriptor | null> {
  try {
    const descriptor = await Descriptor.place(folder.child(name))
    held.push(descriptor)
    return descriptor
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

async function readLink(folder: Descriptor, name: string): Promise<string | null> {
  try {
    return await readlink(folder.child(name))
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT')) return null
    throw error
  }
}
