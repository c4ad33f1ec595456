// From which call probability a call is made without asking stands in the model's file (`castellan.gate`): its makers chose
// it on the validation split. What changes something passes the same gate and then still needs a person's approval.

/** Below this probability a tool is not worth offering. */
export const MIN_OFFERED = 0.02
/** When "no tool" is the likeliest, another tool is offered only from this probability (FORMAT.md). */
export const MIN_OFFERED_BESIDE_NONE = 0.1
/** Readings that are offered at most. */
export const OFFERED = 3
/** From this probability the values of a clear change are good enough to be put before the person who approves it. */
export const LIKELY = 0.3
