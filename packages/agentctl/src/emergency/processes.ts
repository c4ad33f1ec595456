import { SupervisedProcesses } from './supervised.ts'
import { SystemdProcesses } from './systemd.ts'

/** What thinks and what reaches out. */
export const thinking = ['engine', 'airlock'] as const

/** How Castellan's processes are run here. Each answers what it did in one sentence, or throws why it could not. */
export interface Processes {
  /** Sees to it that they do not run while agents are frozen. */
  hold(names: readonly string[]): Promise<string>
  release(names: readonly string[]): Promise<string>
  /** Sees to it that it is another process than before, with none of the old one's memory. */
  renew(name: string): Promise<string>
  stopAll(): Promise<string>
  /** Folders that some of them keep apart from the state folder, absolute. */
  foldersApart(): Promise<readonly string[]>
  /** Files with keys of theirs that lie in none of these folders, absolute; they need not be there. */
  keysApart(): Promise<readonly string[]>
  /** Files of the owner's own that a secret is handed over in, absolute. They are not ours to wipe. */
  ownersFiles(): Promise<readonly string[]>
}

/** By the supervisor that has this state folder, else as units of systemd, else not at all. */
export async function findProcesses(stateFolder: string): Promise<Processes> {
  return (await SupervisedProcesses.find(stateFolder)) ?? (await SystemdProcesses.find()) ?? nothing
}

const says = (sentence: string) => async () => sentence

const nothing: Processes = {
  hold: says('None of its processes runs; the next start finds agents frozen.'),
  release: says('None of its processes runs; start it as ever.'),
  renew: says('The gateway does not run, so it holds nothing.'),
  stopAll: says('None of its processes runs.'),
  foldersApart: async () => [],
  keysApart: async () => [],
  ownersFiles: async () => [],
}
