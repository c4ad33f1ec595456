import { mkdir, rm } from 'node:fs/promises'
import { Descriptor } from '../host/files/descriptor.ts'
import type { Files } from '../host/files/files.ts'
import { writable } from '../host/files/ground.ts'
import { moveEntry } from '../host/files/moving.ts'
import { draftName, inFolder } from '../host/files/placing.ts'
import { occupied } from '../host/files/refusals.ts'
import { Place } from '../host/files/walk.ts'
import type { Piece } from './archive.ts'
import { ensureFree } from './room.ts'
import { unpack } from './unpack.ts'

/**
 * Restores into a folder that does not exist yet. It is filled under a name of its own, closed to everybody else, and
 * gets its name once it is whole: a restore that is stopped leaves nothing behind. Throws `already_exists`.
 */
export async function restoreBeside(
  files: Files,
  pieces: AsyncIterable<Piece>,
  request: {
    readonly to: string
    readonly only?: readonly string[] | undefined
    /** What it will take at most: what is in the container. */
    readonly neededBytes: number
    readonly signal: AbortSignal
    readonly onBytes: (bytes: number) => void
  },
) {
  using target = await writable(files.walker, request.to, 'keep')
  if (target.found !== null) throw occupied(target, 'A backup is restored into a new folder: choose a free name.')
  if (request.only === undefined) await ensureFree(target.folder.self, target.path, request.neededBytes)
  return await inFolder(target, async (parent) => {
    const draft = draftName()
    await mkdir(parent.child(draft), { mode: 0o700 })
    try {
      const found = await fill(parent, draft, pieces, request)
      using made = await Descriptor.place(parent.child(draft), 'directory')
      const stats = await made.stat()
      const facts = { path: target.path, access: target.access, missing: [] }
      await moveEntry(
        new Place({ folder: parent, name: draft, found: { descriptor: made, stats }, ...facts }, []),
        new Place({ folder: parent, name: target.name, found: null, ...facts }, []),
      )
      return { path: target.path, files: found.files, restoredBytes: found.restoredBytes, failed: [] }
    } catch (error) {
      await rm(parent.child(draft), { recursive: true, force: true })
      throw error
    }
  })
}

/** Through the held folder: nobody can put something else under its name meanwhile. */
async function fill(
  parent: Descriptor,
  draft: string,
  pieces: AsyncIterable<Piece>,
  {
    only,
    signal,
    onBytes,
  }: { only?: readonly string[] | undefined; signal: AbortSignal; onBytes: (bytes: number) => void },
) {
  using folder = await Descriptor.place(parent.child(draft), 'directory')
  return await unpack(pieces, { folder: folder.self, only, purpose: 'keep', signal, onBytes })
}
