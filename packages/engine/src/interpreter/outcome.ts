/** A call the interpreter would make. */
export interface ProposedCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly confidence: number
}

/** A call that lacks one argument it cannot do without. */
interface OpenCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly missing: string
}

/** What the interpreter makes of a message. */
export type Outcome =
  /** Sure: make these calls, in order. `note` is said first where something was assumed. */
  | { readonly kind: 'calls'; readonly calls: readonly ProposedCall[]; readonly note?: string }
  /** Unsure: offer these. */
  | { readonly kind: 'choices'; readonly text: string; readonly choices: readonly (ProposedCall & { label: string })[] }
  /** Nothing to call: say this. `open` is the call that the text asks a value for. */
  | { readonly kind: 'text'; readonly text: string; readonly open?: OpenCall }
