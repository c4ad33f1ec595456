import { open } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { UsageError } from './exit.ts'

/**
 * A secret that must be in no process list: from a file that only its owner may read, from standard input, or typed on the
 * terminal without being shown. Throws `UsageError` where none of these is there.
 */
export async function readSecret(
  what: string,
  keyFile: string | undefined,
  option: string = '--key-file',
): Promise<string> {
  if (keyFile === '-') return (await readAll(process.stdin)).trim()
  if (keyFile !== undefined) return (await readPrivate(keyFile)).trim()
  if (!process.stdin.isTTY) {
    throw new UsageError(`Nobody is here to type ${what}. Say ${option} FILE, or ${option} - for standard input.`)
  }
  return typed(`${what}: `)
}

/** The same for one that is chosen now: typed on a terminal it is asked for twice. */
export async function readNewSecret(what: string, file: string | undefined, option: string): Promise<string> {
  const first = await readSecret(what, file, option)
  if (file !== undefined || first === (await typed(`${what}, once more: `))) return first
  throw new UsageError('These are two different ones; nothing was done.')
}

async function readPrivate(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The file ${path} cannot be read (${error.code}).`)
  })
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) throw new UsageError(`Others can read ${path}. Make it private first: chmod 600 ${path}`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Raw mode shows nothing of what is typed; Enter ends it, Ctrl-C gives up. */
async function typed(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  let line = ''
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return line
        if (character === '\u0003' || character === '\u0004') throw new UsageError('Given up; nothing was done.')
        line = character === '\u007f' || character === '\b' ? line.slice(0, -1) : line + character
      }
    }
    return line
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
