import { chmodSync, constants, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { CastellanError } from '@castellan/contracts'

/**
 * Makes a folder (absolute path) and what is missing above it, each with mode 0700; one that is there stays as it is. Step by
 * step, because Node's recursive mkdir never returns where the system answers ENOENT for an existing parent, as /proc does.
 * Throws `config_invalid` or `permission_denied` with what to do.
 */
export function makeFolder(path: string): void {
  const missing: string[] = []
  let existing = path
  try {
    while (statSync(existing, { throwIfNoEntry: false }) === undefined && existing !== dirname(existing)) {
      missing.unshift(existing)
      existing = dirname(existing)
    }
  } catch (cause) {
    throw refusal(path, 'opened', dirname(existing), cause)
  }
  for (const part of missing) {
    try {
      mkdirSync(part, { mode: 0o700 })
      // mkdir's mode passes through the umask.
      chmodSync(part, 0o700)
    } catch (cause) {
      // Somebody else made it meanwhile, or it is a link to nowhere: opening tells.
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw refusal(path, 'made', dirname(part), cause)
    }
  }
}

/** A descriptor of the folder, for its caller to close. Throws as {@link makeFolder} does. */
export function openFolder(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (cause) {
    throw refusal(path, 'opened', path, cause)
  }
}

/** `where` is the folder that the system refused to work in. */
function refusal(path: string, what: 'made' | 'opened', where: string, cause: unknown): CastellanError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  const [kind, why] = reason(code, what, where) ?? (['permission_denied', message] as const)
  return new CastellanError(
    kind,
    `The folder ${path} cannot be ${what}: ${why}. Choose another one with --state DIR.`,
    { cause },
  )
}

function reason(
  code: string,
  what: 'made' | 'opened',
  where: string,
): readonly ['config_invalid' | 'permission_denied', string] | undefined {
  switch (code) {
    case 'ENOENT':
      return ['config_invalid', what === 'made' ? `no folders can be made in ${where}` : `${where} leads nowhere`]
    case 'ENOTDIR':
      return ['config_invalid', `${where} is a file`]
    case 'EROFS':
      return ['permission_denied', `${where} is on a file system that is read-only`]
    case 'EACCES':
    case 'EPERM':
      return ['permission_denied', `${where} is closed to you`]
    default:
      return undefined
  }
}
