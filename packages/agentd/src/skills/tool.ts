import { CastellanError, type ToolDescriptor } from '@castellan/contracts'
import { z } from 'zod'
import type { SkillTool } from '../host/skills.ts'

const Schema = z.looseObject({
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), z.looseObject({ description: z.string().default('') })).default({}),
})

/** What a draft of a skill says of a tool; undefined where there is none, or it is refused at the moment. */
export function skillToolOf(
  registry: { find(name: string): { readonly descriptor: ToolDescriptor } },
  name: string,
): SkillTool | undefined {
  let descriptor: ToolDescriptor
  try {
    descriptor = registry.find(name).descriptor
  } catch (error) {
    if (error instanceof CastellanError) return undefined
    throw error
  }
  const { title, description, effect, inputSchema } = descriptor
  const { required, properties } = Schema.parse(inputSchema)
  const needs = required.map((argument) => ({ name: argument, what: properties[argument]?.description ?? '' }))
  return { name, title, description, effect, needs }
}
