import type { ToolResource } from '@castellan/contracts'
import type { CedarEntity } from './cedar.ts'
import type { PolicyQuestion } from './policy.ts'
import { groupsOf, principalTypes, resourceTypes } from './schema.ts'

/** Something that a question is about, as Cedar names it, with all that it is part of. */
export interface Entity {
  readonly type: string
  readonly id: string
  readonly parents: readonly { readonly type: string; readonly id: string }[]
}

/** What a call is about when its tool names nothing in particular. */
export const MACHINE: Entity = { type: 'Machine', id: 'this', parents: [] }

/** Folders above a path; deeper ones are nothing a person wrote a rule for. */
const MAX_DEPTH = 128

/** A question names something in a way that no rule could be held against. */
export class UnreadableResource extends Error {}

export function principalOf({ principal, context }: PolicyQuestion): Entity {
  const parents = context.channel === undefined ? [] : [{ type: 'Channel', id: context.channel }]
  return {
    type: principalTypes[principal.kind],
    id: principal.agent,
    parents: principal.kind === 'agent' ? parents : [],
  }
}

export function actionOf({ tool }: PolicyQuestion): Entity {
  return { type: 'Action', id: tool.name, parents: groupsOf(tool).map((id) => ({ type: 'Action', id })) }
}

/** Throws {@link UnreadableResource}. */
export function resourceOf({ kind, id }: ToolResource): Entity {
  const type = resourceTypes[kind]
  if (!id.isWellFormed() || id.includes('\0')) throw new UnreadableResource(`the ${kind} has a name that is no text`)
  return { type, id, parents: ancestors[kind](id).map((parent) => ({ type, id: parent })) }
}

export function toCedar({ type, id, parents }: Entity): CedarEntity {
  return { uid: { type, id }, attrs: {}, parents: parents.map((parent) => ({ ...parent })) }
}

const none = () => []

/** By kind, everything that a thing is part of. */
const ancestors: Readonly<Record<ToolResource['kind'], (id: string) => string[]>> = {
  path: foldersAbove,
  unit: (id) => (/^[^@]+@[^@]+\.[a-z]+$/.test(id) ? [id.replace(/@.+(?=\.[a-z]+$)/, '@')] : []),
  host: domainsAbove,
  option: (id) => beginnings(id, '.'),
  generation: none,
  process: none,
  app: none,
  model: none,
  'mcp-server': none,
  machine: (id) => beginnings(id, ':'),
}

/** All folders above a path, and `/`. Only of canonical paths: `/a/../b` would be in folders that it is not in. */
function foldersAbove(path: string): string[] {
  if (path === '/') return []
  const steps = path.split('/')
  if (steps[0] !== '' || steps.slice(1).some((step) => step === '' || step === '.' || step === '..')) {
    throw new UnreadableResource(`the path ${JSON.stringify(path.slice(0, 200))} is not canonical`)
  }
  if (steps.length > MAX_DEPTH) throw new UnreadableResource(`the path is more than ${MAX_DEPTH} folders deep`)
  return ['/', ...steps.slice(2).map((_, count) => steps.slice(0, count + 2).join('/'))]
}

/** `api.example.org` is in `example.org` and in `org`; an address is in nothing. */
function domainsAbove(host: string): string[] {
  const isAddress = host.includes(':') || /^[\d.]+$/.test(host)
  if (isAddress) return []
  const labels = host.split('.')
  if (labels.length > MAX_DEPTH) throw new UnreadableResource(`the host name has more than ${MAX_DEPTH} parts`)
  return labels.slice(1).map((_, count) => labels.slice(count + 1).join('.'))
}

function beginnings(id: string, separator: string): string[] {
  const parts = id.split(separator)
  if (parts.length > MAX_DEPTH) throw new UnreadableResource(`the name has more than ${MAX_DEPTH} parts`)
  return parts.slice(1).map((_, count) => parts.slice(0, count + 1).join(separator))
}
