import { fileURLToPath } from 'node:url'
import type { SkillFolder } from './folder.ts'

/** The skills that Castellan brings: `skills/` beside `packages/`, seen from the source and from what is built of it. */
export const shippedSkills: SkillFolder = {
  path: fileURLToPath(new URL('../../../../skills', import.meta.url)),
  origin: 'shipped',
}
