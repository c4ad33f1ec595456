import type { Caller } from '../plugins/caller.ts'

/** Through what a call comes, for policy and for the ledger: what a person does on the page is told apart from what a program does. */
export function channelOf({ kind }: Caller): 'page' | 'api' {
  return kind === 'page' ? 'page' : 'api'
}
