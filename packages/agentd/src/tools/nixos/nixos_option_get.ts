import { z } from 'zod'
import { optionPath } from '../../host/nixos/options.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count, list, oneLine } from '../words.ts'
import { canonical, optionField, shown } from './option_fields.ts'

/** A value's JSON that is shown at most, in characters. */
const MOST_VALUE = 32 * 1024

const Value = z
  .strictObject({ known: z.boolean(), value: z.unknown() })
  .describe('known is false where it cannot be evaluated, has none, or is too long to show.')

export const nixosOptionGet = defineTool({
  name: 'nixos_option_get',
  title: 'NixOS option',
  description:
    'What a NixOS option is set to in the evaluated configuration, its type, default and description, and which files set it; of a group, the names in it.',
  input: z.strictObject({ option: optionField }),
  output: z.strictObject({
    option: z.string(),
    kind: z.enum(['option', 'set']),
    children: z.array(z.string()).describe('Of a group: the names in it, at most 300.'),
    type: z.string().nullable(),
    description: z.string().nullable(),
    readOnly: z.boolean(),
    value: Value.nullable(),
    default: Value.nullable(),
    files: z.array(z.string()).describe('Files that give it its value.'),
    declared: z.array(z.string()).describe('Files that declare it.'),
    overlay: z.boolean().describe('Whether the overlay sets it.'),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 180_000, perMinute: 120, outputBytes: 128 * 1024 },
  summary: ({ option, kind, children, type, value, description, overlay }) => {
    if (kind === 'set') return `${option} is a group of ${count(children.length, 'name')}: ${list(children, 10)}.`
    const now = value?.known === true ? `is ${shown(value.value)}` : 'has a value that cannot be shown'
    return `${option} (${type}) ${now}${overlay ? ', set by the overlay' : ''}. ${oneLine(description ?? '', 200)}`.trim()
  },
  resources: ({ option }) => [{ kind: 'option', id: canonical(option), access: 'read' }],
  taints: () => ['untrusted-text'],
  run: async ({ option }, { host, signal }) => {
    const path = optionPath(option)
    const [facts, setting] = [await host.nixos.option(path, signal), await host.nixos.overlay.find(path)]
    const common = { option: canonical(option), overlay: setting !== undefined }
    if (facts.kind === 'set') {
      const nothing = {
        type: null,
        description: null,
        readOnly: false,
        value: null,
        default: null,
        files: [] as string[],
        declared: [] as string[],
      }
      return {
        ...common,
        kind: 'set' as const,
        children: [...facts.children],
        ...nothing,
        truncated: facts.children.length >= 300,
      }
    }
    const [value, standard] = [short(facts.value), facts.default === null ? null : short(facts.default)]
    return {
      ...common,
      kind: 'option' as const,
      children: [],
      type: facts.type,
      description: facts.description?.slice(0, 4000) ?? null,
      readOnly: facts.readOnly,
      value,
      default: standard,
      files: facts.files.slice(0, 50),
      declared: facts.declared.slice(0, 50),
      truncated: facts.value.ok && !value.known,
    }
  },
})

function short(tried: { readonly ok: true; readonly value?: unknown } | { readonly ok: false }) {
  const fits = tried.ok && (JSON.stringify(tried.value) ?? '').length <= MOST_VALUE
  return { known: fits, value: fits ? (tried.value ?? null) : null }
}
