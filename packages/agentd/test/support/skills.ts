import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { Trust } from '../../src/host/files/trust.ts'
import type { SkillFolder } from '../../src/skills/folder.ts'
import { SkillFile, Skills } from '../../src/skills/skills.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { MemoryRecorder } from './recorder.ts'

/** Writes NAME/SKILL.md and answers its path. */
export function putSkill(folder: string, name: string, content?: string | Uint8Array): string {
  mkdirSync(join(folder, name), { recursive: true, mode: 0o755 })
  const path = join(folder, name, 'SKILL.md')
  writeFileSync(path, content ?? skillText(name), { mode: 0o644 })
  return path
}

export function skillText(name: string, body = `How to do ${name}.`): string {
  return `---\nname: ${name}\ndescription: A skill about ${name.replaceAll('-', ' ')}.\n---\n\n${body}\n`
}

export async function openSkills(folders: readonly SkillFolder[] = [], state = temporaryFolder()) {
  const ledger = new MemoryRecorder()
  const known = new Set(['service_failed', 'service_status', 'service_restart'])
  const skills = await Skills.open({
    folders,
    file: new StateFile(join(state, 'skills.json'), SkillFile),
    ledger,
    tool: (name) =>
      known.has(name)
        ? {
            name,
            title: name,
            description: `Does ${name}.`,
            effect: 'read',
            needs: [{ name: 'unit', what: 'A unit.' }],
          }
        : undefined,
    trust: () => new Trust([process.geteuid?.() ?? 0]),
  })
  return { skills, ledger, state }
}
