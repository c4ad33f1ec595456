/** Makes one example call and keeps it with its answer; resolves with its result, empty where the tool failed. */
export type RecordCall = (tool: string, args?: Record<string, unknown>) => Promise<Record<string, unknown>>
