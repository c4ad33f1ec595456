import { chmodSync, lstatSync, mkdirSync, type Stats, statSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'

/** Longest path a Unix socket can have on Linux, in bytes: `sun_path` without its closing NUL, unix(7). */
export const MAX_SOCKET_PATH_BYTES = 107

const ASKED_TIMES = 3
const ASKED_EVERY_MS = 50
const YOUNG_MS = 1000

export interface SocketFile {
  readonly path: string
  /** 0660: the folder's group may connect. 0600: only the owner. */
  readonly mode: 0o660 | 0o600
  /** Mode of the socket's folder when it has to be made; 0750 without it. */
  readonly folderMode?: 0o750 | 0o700
}

/**
 * Listens on a socket file that has its mode before anybody can connect. A file left by a dead process is replaced; a
 * live one, or a file that is no socket, is refused with `socket_in_use`.
 */
export async function listenOnSocket(server: Server, { path, mode, folderMode = 0o750 }: SocketFile): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new CastellanError(
      'config_invalid',
      `The socket path ${path} is longer than the ${MAX_SOCKET_PATH_BYTES} bytes the system allows. Choose a shorter folder.`,
    )
  }
  prepareFolder(dirname(path), folderMode)
  await removeStale(path)
  await bind(server, path, mode)
}

function prepareFolder(folder: string, mode: number): void {
  const made = mkdirSync(folder, { recursive: true, mode })
  // mkdir's mode passes through the umask; only a folder of our own making is adjusted.
  if (made !== undefined) chmodSync(folder, mode)
  if ((statSync(folder).mode & 0o002) !== 0) {
    throw new CastellanError(
      'config_invalid',
      `Anybody may write to ${folder}, so anybody could replace the socket in it. Take that right away: chmod o-w ${folder}`,
    )
  }
}

async function removeStale(path: string): Promise<void> {
  const found = statIfPresent(path)
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new CastellanError('socket_in_use', `${path} exists and is not a socket. Move it away and start again.`)
  }
  if (await isHeld(path, found)) {
    throw new CastellanError(
      'socket_in_use',
      `Another process is listening on ${path}. Stop it, or choose another path.`,
    )
  }
  unlinkSync(path)
}

function statIfPresent(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

/** A process that has just bound the file and does not listen yet refuses as a dead one does, so a young file is asked again. */
async function isHeld(path: string, { mtimeMs }: Stats): Promise<boolean> {
  for (let asked = 1; ; asked += 1) {
    if (await isAnswered(path)) return true
    if (asked === ASKED_TIMES || Date.now() - mtimeMs > YOUNG_MS) return false
    await sleep(ASKED_EVERY_MS)
  }
}

/** Whether some process accepts connections there. A refused connection is what a dead process leaves behind. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      else if (error.code === 'EAGAIN') resolve(true)
      else
        reject(new CastellanError('socket_in_use', `${path} cannot be examined: ${error.message}.`, { cause: error }))
    })
  })
}

/** libuv binds inside `listen`, before it returns, so the umask holds for exactly that one file. */
function bind(server: Server, path: string, mode: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const taken = error.code === 'EADDRINUSE'
      const sentence = taken ? `Another process has just taken ${path}.` : `Cannot listen on ${path}: ${error.message}.`
      reject(new CastellanError(taken ? 'socket_in_use' : 'config_invalid', sentence, { cause: error }))
    }
    server.once('error', onError)
    const previous = process.umask(0o777 & ~mode)
    try {
      server.listen(path, () => {
        server.off('error', onError)
        resolve()
      })
    } finally {
      process.umask(previous)
    }
  })
}
