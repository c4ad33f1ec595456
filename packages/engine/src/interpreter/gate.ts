import type { ToolEffect } from '@castellan/contracts'

/**
 * From which call probability a call is made without asking. The model's file brings the figure its makers chose on the
 * validation split. A wrong reading of a read tool costs a glance, so reads may act a little below it; what changes
 * something may not.
 */
export function gateFor(effect: ToolEffect, gate: number): number {
  return effect === 'read' ? gate * 0.85 : gate
}

/** Below this probability a tool is not worth offering. */
export const MIN_OFFERED = 0.02
/** When "no tool" is the likeliest, another tool is offered only from this probability (FORMAT.md). */
export const MIN_OFFERED_BESIDE_NONE = 0.1
export const OFFERED = 3
