import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PolicyInvalid, type PolicyProblem, type RuleText } from './read-rules.ts'

/** Files of a policy folder, and bytes of one file: more than anybody reviews. */
const MAX_FILES = 256
const MAX_FILE_BYTES = 512 * 1024

const GROUP_OR_OTHERS_WRITE = 0o022
const STICKY = 0o1000

/**
 * The rule files (`*.cedar`) of a policy folder, by name; none where there is no folder. Throws {@link PolicyInvalid} where
 * anybody but root and this user could have written them: whoever writes rules decides what agents may do.
 */
export async function readFolder(folder: string): Promise<RuleText[]> {
  return readFilesOf(folder, '.cedar')
}

/** Whether {@link readFolder} reads a path, where something is there. */
export function isRuleFile(folder: string, path: string): boolean {
  return dirname(path) === folder && isNamed(basename(path), '.cedar')
}

/** The same for the owner's tests of the policy (`*.test.json`). */
export async function readTestsOf(folder: string): Promise<RuleText[]> {
  return readFilesOf(folder, '.test.json')
}

async function readFilesOf(folder: string, ending: string): Promise<RuleText[]> {
  const names = await namesIn(folder)
  if (names === undefined) return []
  const wanted = names.filter((name) => isNamed(name, ending)).sort()
  if (wanted.length === 0) return []
  const problems = await problemsOnTheWay(folder)
  if (wanted.length > MAX_FILES) {
    problems.push({ file: folder, line: undefined, message: `it has more than ${MAX_FILES} files` })
  }
  const files: RuleText[] = []
  for (const name of wanted.slice(0, MAX_FILES)) {
    const read = await readFileOf(folder, name)
    if (typeof read === 'string') problems.push({ file: name, line: undefined, message: read })
    else files.push(read)
  }
  if (problems.length > 0) throw new PolicyInvalid(problems)
  return files
}

function isNamed(name: string, ending: string): boolean {
  return name.endsWith(ending) && !name.startsWith('.')
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !(await isThere(folder))) return undefined
    const why = code === 'ENOENT' ? 'it is a link that leads nowhere' : `the folder cannot be read (${code ?? message})`
    throw new PolicyInvalid([{ file: folder, line: undefined, message: why }])
  }
}

/** Whether something has this name, be it a link to nothing: an owner who made one means a policy that is not there. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT',
  )
}

/** Whoever can rename a folder above, or a link on the way, can put another policy in its place. */
async function problemsOnTheWay(folder: string): Promise<PolicyProblem[]> {
  const problems: PolicyProblem[] = []
  const seen = await placesOnTheWay(folder)
  for (const path of await placesOnTheWay(await realpath(folder), seen)) {
    const stats = await lstat(path)
    // A link's own mode says nothing; the folder that it lies in decides who may replace it.
    const isOpen = !stats.isSymbolicLink() && (stats.mode & GROUP_OR_OTHERS_WRITE) !== 0 && (stats.mode & STICKY) === 0
    if (!isTrusted(stats.uid)) problems.push({ file: path, line: undefined, message: belongsToAnother(stats.uid) })
    else if (isOpen) problems.push({ file: path, line: undefined, message: canBeWritten('the folder', path) })
  }
  return problems
}

/** The folder as it is named, everything above it, and the same for wherever links on the way lead. */
async function placesOnTheWay(folder: string, seen = new Set<string>()): Promise<Set<string>> {
  for (let path = resolve(folder); !seen.has(path); path = dirname(path)) {
    seen.add(path)
    const target = await readlink(path).catch(() => undefined)
    if (target !== undefined) await placesOnTheWay(resolve(await realpath(dirname(path)), target), seen)
  }
  return seen
}

/** The file, or what is wrong with it. */
async function readFileOf(folder: string, name: string): Promise<RuleText | string> {
  let file: FileHandle
  try {
    // A link could lead out of the folder; a FIFO would hold us up.
    file = await open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ELOOP') return 'it is a symbolic link; put the file itself here'
    return `it cannot be read (${code ?? message})`
  }
  await using _ = file
  const stat = await file.stat()
  if (!stat.isFile()) return 'it is no regular file'
  if (!isTrusted(stat.uid)) return belongsToAnother(stat.uid)
  if ((stat.mode & GROUP_OR_OTHERS_WRITE) !== 0) return canBeWritten('it', join(folder, name))
  if (stat.size > MAX_FILE_BYTES) return `it is larger than ${MAX_FILE_BYTES / 1024} KiB`
  const bytes = Buffer.alloc(MAX_FILE_BYTES + 1)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
  if (bytesRead > MAX_FILE_BYTES) return `it is larger than ${MAX_FILE_BYTES / 1024} KiB`
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytesRead)) }
  } catch {
    return 'it is not UTF-8'
  }
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.()
}

function belongsToAnother(uid: number): string {
  return `it belongs to user ${uid}; it has to belong to root or to the user that agentd runs as`
}

function canBeWritten(what: string, path: string): string {
  return `${what} can be written by its group or by everybody; say \`chmod go-w ${path}\``
}
