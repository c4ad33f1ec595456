export interface Statement {
  readonly reason: string
  readonly at: string
  /** Of the freeze that is ended; absent where one begins. */
  readonly freeze?: string
}

/** What an operator signs to freeze or thaw: the same text as the contracts' `emergencyText`, made here of what was confirmed. */
export function statementText({ reason, at, freeze }: Statement): string {
  const act = freeze === undefined ? ['freeze'] : ['thaw', freeze]
  return ['castellan emergency v1', ...act, JSON.stringify(reason), at, ''].join('\n')
}
