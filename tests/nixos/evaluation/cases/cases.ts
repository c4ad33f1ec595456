import { ofAgentd } from './agentd.ts'
import type { Case } from './case.ts'
import { ofCastellan } from './castellan.ts'
import { ofErrands } from './errands.ts'
import { ofNginx } from './nginx.ts'
import { ofTheOthers } from './the-others.ts'

/** Of every option a case at least: options.test.ts sees to that. */
export const cases: readonly Case[] = [...ofCastellan, ...ofAgentd, ...ofErrands, ...ofTheOthers, ...ofNginx]
