import type { BigIntStats } from 'node:fs'
import { CastellanError } from '@castellan/contracts'
import { quotePath } from './path.ts'
import type { Place } from './walk.ts'

const SETUID_OR_SETGID = 0o6000n

export function occupied(place: Place, hint: string): CastellanError {
  return new CastellanError('already_exists', `${quotePath(place.path)} exists already. ${hint}`)
}

export function inTheWay(place: Place): CastellanError {
  return occupied(place, 'Delete or rename that one first: file_delete keeps it in the trash.')
}

export function movedOn(path: string, why: string): CastellanError {
  return new CastellanError(
    'world_moved_on',
    `${quotePath(path)} is not as the act left it: ${why}. Look at it with file_stat or file_read; an operator can force the undo.`,
  )
}

export function inUse(place: Place): CastellanError {
  return new CastellanError(
    'conflict',
    `Another program changed ${quotePath(place.path)} just now, so it was left alone. Try again.`,
  )
}

export function severalNames(place: Place, stats: BigIntStats): CastellanError {
  return new CastellanError(
    'conflict',
    `${quotePath(place.path)} has ${stats.nlink} names (hard links). Changing it under one name would part them and could not be ` +
      'taken back exactly, so it is left alone.',
  )
}

export function privileged(place: Place): CastellanError {
  return new CastellanError(
    'permission_denied',
    `${quotePath(place.path)} runs with another user's rights (setuid or setgid), so its content is not changed here.`,
  )
}

export function readingOnly(place: Place): CastellanError {
  return new CastellanError(
    'read_only',
    `${quotePath(place.path)} is granted for reading only. The owner can grant its folder for writing in the configuration.`,
  )
}

export function unknownInTrash(place: Place): CastellanError {
  return new CastellanError(
    'trash_unknown',
    `The trash holds nothing that was at ${quotePath(place.path)}. trash_list shows what it holds.`,
  )
}

export function tooLargeToEdit(place: Place, maxBytes: number): CastellanError {
  return new CastellanError(
    'too_large',
    `${quotePath(place.path)} has ${place.existing.stats.size} bytes; files up to ${maxBytes} bytes can be edited or added to.`,
  )
}

export function notOurs(): CastellanError {
  return new CastellanError(
    'not_undoable',
    'What was kept with this act does not say how to take it back: it is not from a file tool.',
  )
}

export function apart(source: Place, target: Place): CastellanError {
  return new CastellanError(
    'conflict',
    `${quotePath(source.path)} and ${quotePath(target.path)} are on different file systems, where a move is a copy that could ` +
      'stop half way. Move it within one file system.',
  )
}

/** A program with other rights keeps its content; a file with several names would be parted from them. */
export function refuseFixed(place: Place): void {
  const { stats } = place.existing
  if ((stats.mode & SETUID_OR_SETGID) !== 0n) throw privileged(place)
  if (stats.nlink > 1n) throw severalNames(place, stats)
}
