import {
  CastellanError,
  type PreviewContext,
  type RevertContext,
  type RevertPreview,
  type ToolContext,
  type ToolPreview,
} from '@castellan/contracts'
import type { Host } from '../../host/index.ts'
import { optionName } from '../../host/nixos/options.ts'
import type { Setting } from '../../host/nixos/overlay.ts'
import { unifiedDiff } from '../diff.ts'
import { buildAndSwitch, movedOn, NothingChanged, OverlayInverse, refuseMoved, settingOf } from './apply.ts'
import { shown } from './option_fields.ts'

/** A change of one option in the overlay: to a value, or (undefined) out of it. */
export interface OverlayChange {
  readonly path: readonly string[]
  readonly value: Setting['value'] | undefined
  readonly apply: boolean
  readonly reason: string
}

/** What both tools answer. */
export interface OverlayChanged {
  readonly option: string
  readonly valueBefore: unknown
  readonly value: unknown
  readonly overlayFile: string
  readonly applied: 'no' | 'committed' | 'staged' | 'confirming' | 'nothing_to_do'
  readonly switchId: string | null
}

/** Holds a value against the option's type and the whole configuration, then sets it. Nothing is written where it does not fit. */
export async function setOption(
  change: OverlayChange & { readonly value: Setting['value'] },
  context: ToolContext<Host>,
): Promise<OverlayChanged> {
  const { host, signal, progress } = context
  const { path, value } = change
  const facts = await host.nixos.option(path, signal)
  if (facts.kind === 'set') {
    throw new CastellanError(
      'invalid_arguments',
      `${optionName(path)} is a group of options: ${facts.children.slice(0, 20).join(', ')}. Set one of them.`,
    )
  }
  if (facts.readOnly)
    throw new CastellanError('invalid_arguments', `${optionName(path)} is read-only: NixOS computes it itself.`)
  progress({ message: `trying ${optionName(path)} = ${shown(value)}` })
  await host.nixos.tryOption(path, value, signal)
  return changeOption(change, context)
}

/** Sets or unsets one option, and builds and switches where that is asked for. The value was tried already. */
export async function changeOption(change: OverlayChange, context: ToolContext<Host>): Promise<OverlayChanged> {
  const { host, call, keepInverse, signal } = context
  const { path, value, apply, reason } = change
  const name = optionName(path)
  const before = await host.nixos.overlay.find(path)
  const inverse: OverlayInverse = {
    path: [...path],
    wasSet: before !== undefined,
    ...(before === undefined ? {} : { before: before.value }),
    isSet: value !== undefined,
    ...(value === undefined ? {} : { after: value }),
    applied: apply,
    system: apply ? await host.nix.running() : null,
  }
  await keepInverse({
    description: `Puts ${name} in the overlay back as it was${apply ? ', and switches back' : ''}.`,
    data: inverse,
  })
  const setting = value === undefined ? undefined : settingOf(path, value, call.agent, reason)
  const message = `${value === undefined ? 'Unset' : 'Set'} ${name}${value === undefined ? '' : ` to ${shown(value, 100)}`}`
  await host.nixos.overlay.change(path, setting, `${message}\n\n${reason}\n\n${call.agent}, ${call.call_id}`, signal)
  const result = {
    option: name,
    valueBefore: before?.value ?? null,
    value: value ?? null,
    overlayFile: host.nixos.overlay.file,
  }
  if (!apply) return { ...result, applied: 'no', switchId: null }
  const putBack = (within: AbortSignal) => host.nixos.overlay.change(path, before, `Take back: ${message}`, within)
  try {
    const applied = await buildAndSwitch(`${message}. ${reason}`.trim().slice(0, 1000), putBack, context)
    return { ...result, applied: applied.switch.phase as OverlayChanged['applied'], switchId: applied.switch.id }
  } catch (error) {
    if (!(error instanceof NothingChanged)) throw error
    if (await host.nixos.importsOverlay(signal)) return { ...result, applied: 'nothing_to_do', switchId: null }
    await putBack(signal)
    throw new CastellanError(
      'conflict',
      `The configuration does not take up the overlay, so this would change nothing. Add to its imports: (import "\${castellan}/modules/overlay.nix" ${host.nixos.overlay.file}).`,
    )
  }
}

export async function previewChange(
  { path, value, apply }: Pick<OverlayChange, 'path' | 'value' | 'apply'>,
  { host, signal }: PreviewContext<Host>,
): Promise<ToolPreview> {
  const name = optionName(path)
  const facts = await host.nixos.option(path, signal)
  const effects: string[] = []
  if (facts.kind === 'option') {
    const now = facts.value.ok ? shown(facts.value.value) : 'a value that cannot be shown'
    effects.push(`${name} is of the type ${facts.type}. It is ${now} now.`)
  }
  if (value !== undefined) {
    const { value: then } = await host.nixos.tryOption(path, value, signal)
    effects.push(`The configuration evaluates with it, and ${name} is ${shown(then)} then.`)
  } else effects.push(`${name} is as the owner's own files say again.`)
  effects.push(
    apply
      ? 'Then the system is built and switched to under guard; what newly fails takes all of it back.'
      : 'It takes effect with the next build and switch.',
  )
  const { before, after } = await host.nixos.overlay.texts(
    path,
    value === undefined ? undefined : settingOf(path, value, 'agent', ''),
  )
  const diff = unifiedDiff(host.nixos.overlay.file, Buffer.from(before), Buffer.from(after))
  return {
    effects,
    ...(diff === undefined ? {} : { diff }),
    undo: `Undo puts the option back as it was${apply ? ', and switches back to the system that runs now' : ''}.`,
  }
}

export async function revertChange(data: unknown, context: RevertContext<Host>): Promise<{ summary: string }> {
  const inverse = OverlayInverse.parse(data)
  const { host, force } = context
  await refuseMoved(inverse, host, force)
  const change = {
    path: inverse.path,
    value: inverse.wasSet ? inverse.before : undefined,
    apply: inverse.applied,
    reason: 'An act is taken back.',
  }
  const { applied } = await changeOption(change, context)
  const name = optionName(inverse.path)
  const now = inverse.wasSet ? `set to ${shown(inverse.before)} again` : 'no longer set by the overlay'
  return { summary: `${name} is ${now}${inverse.applied ? ` (${applied.replaceAll('_', ' ')})` : ''}.` }
}

export async function revertChangePreview(data: unknown, { host }: PreviewContext<Host>): Promise<RevertPreview> {
  const inverse = OverlayInverse.parse(data)
  const name = optionName(inverse.path)
  const moved = await movedOn(inverse, host)
  const setting = inverse.wasSet ? settingOf(inverse.path, inverse.before ?? null, 'agent', '') : undefined
  const { before, after } = await host.nixos.overlay.texts(inverse.path, setting)
  const diff = unifiedDiff(host.nixos.overlay.file, Buffer.from(before), Buffer.from(after))
  return {
    effects: [
      inverse.wasSet ? `Sets ${name} to ${shown(inverse.before)} again.` : `Takes ${name} out of the overlay.`,
      ...(inverse.applied ? ['Builds the system so and switches to it under guard.'] : []),
    ],
    ...(diff === undefined ? {} : { diff }),
    undo: 'Undoing that sets it as it is now.',
    ...(moved === undefined ? {} : { movedOn: moved }),
  }
}
