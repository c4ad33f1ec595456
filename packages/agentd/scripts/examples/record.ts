/**
 * Makes one example call, as the operator or as an agent, and keeps it with its answer; resolves with its result, empty
 * where the tool failed.
 */
export type RecordCall = (
  tool: string,
  args?: Record<string, unknown>,
  who?: 'operator' | 'main',
) => Promise<Record<string, unknown>>
