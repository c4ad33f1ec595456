import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CastellanError, type PolicyFile, type PolicyView } from '@castellan/contracts'
import { readFolder, readTestsOf } from '../folder.ts'
import { peopleWanted } from '../people.ts'
import type { PolicyKeeper } from '../policy-keeper.ts'
import { describeProblem, PolicyInvalid, type RuleText, readRules } from '../read-rules.ts'
import { sha256 } from './kept.ts'

/** The owner's rules and their tests as they are on the disk. Throws `policy_invalid` where the folder cannot be read. */
export async function filesOf(folder: string): Promise<PolicyFile[]> {
  try {
    const files = [...(await readFolder(folder)), ...(await readTestsOf(folder))]
    return files.map(({ name, text }) => ({ name, text, sha256: sha256(text) }))
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error
    throw new CastellanError('policy_invalid', error.problems.map(describeProblem).join(' '), { cause: error })
  }
}

/** Text of files that one answer carries, in UTF-16 code units: more than anybody writes by hand. */
const MAX_SHOWN = 4 * 1024 * 1024

/** Those that are shown to whoever asks from afar. What is beyond that is changed on the host. */
export function shownFiles(files: readonly PolicyFile[]): PolicyFile[] {
  let room = MAX_SHOWN
  return files.filter(({ text }) => {
    room -= text.length
    return room >= 0
  })
}

/** Why nobody's signed word changes the files, as the error that says so; undefined where it does. */
export async function whyNot(
  keeper: PolicyKeeper,
  declaredBy: string | undefined,
): Promise<CastellanError | undefined> {
  const { folder, loadedEntry } = keeper
  if (declaredBy !== undefined) {
    return new CastellanError(
      'read_only',
      `The rules in ${folder} are declared by \`${declaredBy}\`, and the next switch would write them anew. Change them there: \`${declaredBy}."mine.cedar".text = …\`, then switch.`,
    )
  }
  if (await wantsTwo(keeper)) {
    return new CastellanError(
      'forbidden',
      `The policy wants two people for some calls, so no single signature changes it. Root changes the files in ${folder} on the host, then says \`agentctl policy reload\`.`,
    )
  }
  if (loadedEntry === null) {
    return new CastellanError(
      'ledger_unavailable',
      'The ledger took no entry of the policy in force, so it is not changed.',
    )
  }
  const problem = await unwritable(folder)
  if (problem === undefined) return undefined
  return new CastellanError(
    'read_only',
    `${folder} cannot be written (${problem}), so no rules can be saved there. Name a folder that can in \`policy.dir\` of agentd's configuration, or on NixOS change \`services.castellan.policy.files\`.`,
  )
}

/**
 * Also where the files were no policy at the start: their rules are not in force then, and still the owner's. A typo or a tool that
 * is gone must not let one person take out what two have to agree to.
 */
async function wantsTwo({ folder, rules, state }: PolicyKeeper): Promise<boolean> {
  if (peopleWanted(rules) > 1) return true
  if (state !== 'restricted') return false
  // A folder that cannot be read is not written into either.
  const files = await readFolder(folder).catch(() => [])
  return files.some(meansTwo)
}

/** Of a file that nobody can read, by the word without which no rule wants two. */
function meansTwo(file: RuleText): boolean {
  try {
    return peopleWanted(readRules([file], [], { validated: false })) > 1
  } catch (error) {
    if (error instanceof PolicyInvalid) return /\bapprovals\b/.test(file.text)
    throw error
  }
}

export function savingOf(error: CastellanError | undefined): PolicyView['saving'] {
  return error === undefined ? { possible: true } : { possible: false, reason: error.message }
}

/** The folder, or where it would be made. */
async function unwritable(folder: string): Promise<string | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      await access(path, constants.W_OK)
      return undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' || path === dirname(path)) return code ?? 'unknown reason'
    }
  }
}
