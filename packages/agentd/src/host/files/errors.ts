import { CastellanError, type ErrorCode } from '@castellan/contracts'
import { quotePath } from './path.ts'

type Sentence = (path: string) => string

/** What the kernel's errno means to somebody who asked for a path. */
const meanings: Record<string, readonly [ErrorCode, Sentence]> = {
  ENOENT: ['not_found', (path) => `${path} does not exist.`],
  ENOTDIR: ['not_a_directory', (path) => `A part of ${path} is not a folder.`],
  EISDIR: ['not_a_file', (path) => `${path} is a folder, not a file.`],
  EEXIST: ['already_exists', (path) => `${path} exists already.`],
  EACCES: ['permission_denied', (path) => `The system does not let agentd's user do that to ${path}.`],
  EPERM: ['permission_denied', (path) => `The system does not let agentd's user do that to ${path}.`],
  EROFS: ['read_only', (path) => `${path} is on a file system that is mounted for reading only.`],
  ENOSPC: ['disk_full', (path) => `The file system of ${path} is full. Free space there and try again.`],
  EDQUOT: ['disk_full', (path) => `The disk quota for ${path} is used up. Free space there and try again.`],
  ENAMETOOLONG: ['path_invalid', (path) => `${path} is longer than the file system allows.`],
  ELOOP: ['path_invalid', (path) => `${path} leads through too many symbolic links.`],
  EMFILE: ['busy', () => 'agentd has too many files open at the moment. Try again in a few seconds.'],
  ENFILE: ['busy', () => 'The machine has too many files open at the moment. Try again in a few seconds.'],
  ENXIO: ['not_a_file', (path) => `${path} is a socket or a device without anything behind it.`],
  EBUSY: ['conflict', (path) => `${path} is in use by the system (a mount point, say).`],
}

/** Gives an error of the file system its stable code; anything else passes unchanged. */
export function fileError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof CastellanError) return error
  const errno = (error as NodeJS.ErrnoException).code
  const meaning = errno === undefined ? undefined : meanings[errno]
  if (meaning === undefined) return error
  const [code, sentence] = meaning
  return new CastellanError(code, sentence(quotePath(path)), { cause: error })
}

/** Whether an error is one of these errnos. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}
