import { fileURLToPath } from 'node:url'
import type { SkillFolder } from './folder.ts'

/** `skills/` beside `packages/`, seen from the source and from what is built of it. */
const path = fileURLToPath(new URL('../../../../skills', import.meta.url))

/** The skills that Castellan brings. */
export const shippedSkills: SkillFolder = { path, origin: 'shipped' }
