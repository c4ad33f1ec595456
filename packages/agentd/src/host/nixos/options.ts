import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { likely } from '../likely.ts'
import { nixString, nixValue, type Source } from './configuration.ts'
import { evaluate } from './evaluate.ts'
import { overlayPriority } from './overlay.ts'

/** Names under an option set that are told at most. */
const MOST_CHILDREN = 300

/** Nix functions that every question about options begins with. */
const prelude = `
  at = path: root: builtins.foldl' (set: key: if builtins.isAttrs set && set ? \${key} then set.\${key} else null) root path;
  isOption = value: builtins.isAttrs value && (value._type or null) == "option";
  text = value: if builtins.isString value then value else if builtins.isAttrs value then (value.text or null) else null;
  attempt = value: let tried = builtins.tryEval (builtins.deepSeq value value); in if tried.success then { ok = true; value = tried.value; } else { ok = false; };
  # Values as JSON can hold them, at most so deep: no functions, no derivations, no paths that would be copied to the store.
  plain = depth: value:
    if builtins.isFunction value then { "<function>" = true; }
    else if builtins.isPath value then toString value
    else if builtins.isList value then (if depth == 0 then [ ] else map (plain (depth - 1)) value)
    else if builtins.isAttrs value then
      if (value.type or null) == "derivation" then "<package \${value.name or "?"}>"
      else if value ? _type && value ? text then value.text
      else if depth == 0 then { }
      else builtins.mapAttrs (_: plain (depth - 1)) value
    else value;
`

const Attempt = z.union([z.object({ ok: z.literal(true), value: z.unknown() }), z.object({ ok: z.literal(false) })])

const Found = z.union([
  z.object({ kind: z.literal('nothing'), known: z.array(z.string()), depth: z.int() }),
  z.object({ kind: z.literal('set'), children: z.array(z.string()) }),
  z.object({
    kind: z.literal('option'),
    type: z.string(),
    description: z.string().nullable(),
    readOnly: z.boolean(),
    value: Attempt,
    default: Attempt.nullable(),
    files: z.array(z.string()),
    declared: z.array(z.string()),
  }),
])

/** An option as the evaluated configuration knows it. */
export interface OptionFacts {
  readonly kind: 'option'
  /** Words for its type, e.g. `boolean`. */
  readonly type: string
  readonly description: string | null
  readonly readOnly: boolean
  /** `ok: false` where the value cannot be evaluated, or has none. */
  readonly value: z.infer<typeof Attempt>
  readonly default: z.infer<typeof Attempt> | null
  /** Files that give it its value, and that declare it. */
  readonly files: readonly string[]
  readonly declared: readonly string[]
}

/** Names below something that is no option itself. */
export interface OptionSet {
  readonly kind: 'set'
  readonly children: readonly string[]
}

/** Throws `not_found`, naming near misses, `command_failed` where the configuration does not evaluate. */
export async function readOption(
  source: Source,
  path: readonly string[],
  signal: AbortSignal,
): Promise<OptionFacts | OptionSet> {
  const found = Found.parse(await evaluate(questionAbout(source, path), signal))
  if (found.kind === 'set') return { ...found, children: found.children.slice(0, MOST_CHILDREN) }
  if (found.kind === 'option') return found
  const missing = path[found.depth] ?? ''
  const near = likely(missing, found.known).map((name) => optionName([...path.slice(0, found.depth), name]))
  const there = `${optionName(path.slice(0, found.depth)) || 'It'} has ${found.known.slice(0, 20).join(', ')}.`
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : there
  throw new CastellanError('not_found', `This configuration has no option ${optionName(path)}. ${hint}`, {
    detail: { near },
  })
}

function questionAbout({ expression }: Source, path: readonly string[]): string {
  return `let ${prelude}
  system = ${expression};
  path = ${nixValue(path)};
  # How far the path leads, down to the first option or the first name that is not there.
  walk = depth: set:
    if isOption set || depth == builtins.length path then { inherit depth set; }
    else let key = builtins.elemAt path depth; in
      if builtins.isAttrs set && set ? \${key} then walk (depth + 1) set.\${key} else { inherit depth; set = null; parent = set; };
  reached = walk 0 system.options;
  option = reached.set;
  positions = list: map (one: if builtins.isAttrs one then toString (one.file or one) else toString one) list;
in
  if option == null then { kind = "nothing"; inherit (reached) depth; known = builtins.filter (name: builtins.substring 0 1 name != "_") (builtins.attrNames reached.parent); }
  else if !(isOption option) then { kind = "set"; children = builtins.filter (name: builtins.substring 0 1 name != "_") (builtins.attrNames option); }
  else {
    kind = "option";
    type = option.type.description or "unspecified";
    description = text (option.description or null);
    readOnly = option.readOnly or false;
    value = attempt (plain 6 (at path system.config));
    default = if option ? default then attempt (plain 6 option.default) else null;
    files = positions (option.files or [ ]);
    declared = positions (option.declarations or [ ]);
  }`
}

const Checked = z.object({ value: z.unknown(), failed: z.array(z.string()), failedBefore: z.array(z.string()) })

/**
 * Evaluates the configuration as it would be with the option set to `value`, which holds the value against the option's type and the whole against its assertions; nothing is built. Answers the value that results.
 * Throws `invalid_arguments` with nix's reason where it does not fit, `unsupported_host` where the configuration
 * cannot be extended.
 */
export async function tryOption(
  source: Source,
  path: readonly string[],
  value: unknown,
  signal: AbortSignal,
): Promise<{ readonly value: unknown }> {
  const content = `{ _type = "override"; priority = ${overlayPriority - 1}; content = ${nixValue(value)}; }`
  const nested = path.reduceRight((inner, key) => `{ ${nixString(key)} = ${inner}; }`, content)
  const question = `let ${prelude}
  system = ${source.expression};
  tried = if system ? extendModules then system.extendModules { modules = [ { config = ${nested}; } ]; } else throw "castellan: no extendModules";
  failures = config: map (one: one.message) (builtins.filter (one: !one.assertion) (config.assertions or [ ]));
  result = plain 12 (at ${nixValue(path)} tried.config);
in builtins.deepSeq result { value = result; failed = failures tried.config; failedBefore = failures system.config; }`
  let checked: z.infer<typeof Checked>
  try {
    checked = Checked.parse(await evaluate(question, signal))
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'command_failed') throw error
    if (error.message.includes('castellan: no extendModules')) {
      throw new CastellanError(
        'unsupported_host',
        'This configuration cannot be tried out: it was not made by nixosSystem, and has no extendModules.',
      )
    }
    const reason = error.message.replace(/^The configuration does not evaluate \(exit code \d+\): /, '')
    throw new CastellanError(
      'invalid_arguments',
      `${optionName(path)} cannot be ${JSON.stringify(value)?.slice(0, 200)}: ${reason}`,
    )
  }
  const fresh = checked.failed.filter((message) => !checked.failedBefore.includes(message))
  if (fresh.length === 0) return { value: checked.value }
  throw new CastellanError(
    'invalid_arguments',
    `With ${optionName(path)} so, the configuration contradicts itself: ${fresh.join(' ').slice(0, 800)}`,
  )
}

/** `services."my host".enable` → its parts. Throws `invalid_arguments`. */
export function optionPath(name: string): string[] {
  const parts: string[] = []
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_][A-Za-z0-9_'-]*))\s*(\.|$)/y
  for (;;) {
    const match = pattern.exec(name)
    if (match === null)
      throw new CastellanError(
        'invalid_arguments',
        `${JSON.stringify(name)} is no option's name. They look like services.nginx.enable.`,
      )
    parts.push(match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '')
    if (match[3] === '') return parts
  }
}

export function optionName(path: readonly string[]): string {
  return path.map((part) => (/^[A-Za-z_][A-Za-z0-9_'-]*$/.test(part) ? part : JSON.stringify(part))).join('.')
}
