import { constants } from 'node:fs'
import { chmod, chown, opendir } from 'node:fs/promises'
import { Descriptor } from '../host/files/descriptor.ts'

/** Entries looked at before one command; what lies beyond keeps its owner and mode. */
const MAX_ENTRIES = 4096
/** Folders within folders: each holds a descriptor while the walk is below it. */
const MAX_DEPTH = 32
const GROUP_DIRECTORY = 0o2070
const GROUP_FILE = 0o060

/**
 * Opens the workspace to the commands' group: what root made there (file tools write as root) gets the group, and the
 * group the rights its owner has. Walks by held descriptors, so a link swapped in meanwhile leads nowhere; never follows
 * links, leaves files with a second name and other users' files alone.
 */
export async function openWorkspace(path: string, gid: number): Promise<void> {
  using root = await Descriptor.place(path, 'directory')
  await open(root, gid, { left: MAX_ENTRIES }, MAX_DEPTH)
}

async function open(directory: Descriptor, gid: number, budget: { left: number }, depth: number): Promise<void> {
  await share(directory, gid)
  if (depth === 0) return
  for await (const { name } of await opendir(`${directory.self}/.`)) {
    if (budget.left-- <= 0) return
    const entry = await Descriptor.place(directory.child(name)).catch(() => undefined)
    if (entry === undefined) continue
    using held = entry
    const stats = await held.stat()
    if (stats.isDirectory()) await open(held, gid, budget, depth - 1)
    else if (stats.isFile() && stats.nlink === 1n) await share(held, gid)
  }
}

/** chown(2) and chmod(2) through the descriptor: the very inode that was looked at. */
async function share(held: Descriptor, gid: number): Promise<void> {
  const { uid, gid: group, mode } = await held.stat()
  if (uid !== 0n) return
  const directory = (Number(mode) & constants.S_IFMT) === constants.S_IFDIR
  const executable = (Number(mode) & 0o100) !== 0 && !directory ? 0o010 : 0
  const wanted = (Number(mode) & 0o7777) | (directory ? GROUP_DIRECTORY : GROUP_FILE) | executable
  if (group !== BigInt(gid)) await chown(held.self, 0, gid)
  if ((Number(mode) & 0o7777) !== wanted) await chmod(held.self, wanted)
}
