/** What Castellan uses of better-sqlite3 (here better-sqlite3-multiple-ciphers, whose own types its exports hide). */
declare module 'better-sqlite3' {
  export interface Statement {
    run(...values: unknown[]): unknown
    get(...values: unknown[]): unknown
    all(...values: unknown[]): unknown[]
    /** One row at a time; the database may not be asked for anything else meanwhile. */
    iterate(...values: unknown[]): IterableIterator<unknown>
    pluck(): Statement
  }

  export default class Database {
    constructor(path: string, options?: { readonly?: boolean; fileMustExist?: boolean; timeout?: number })
    backup(path: string, options?: { progress?: () => number }): Promise<unknown>
    pragma(source: string, options?: { simple: boolean }): unknown
    exec(sql: string): void
    prepare(sql: string): Statement
    transaction(work: () => void): () => void
    close(): void
  }
}
