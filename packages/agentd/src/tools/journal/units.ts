import { CastellanError, type ToolResource } from '@castellan/contracts'
import type { Host } from '../../host/host.ts'
import { unitResources } from '../services/acting.ts'

/** What policy decides a question to the journal by: the unit that is asked about, or the journal as a whole. */
export async function unitOrJournal(unit: string | undefined, host: Host): Promise<readonly ToolResource[]> {
  return unit === undefined ? [{ kind: 'machine', id: 'journal', access: 'read' }] : unitResources(unit, host, 'read')
}

/** The unit's full name where systemd can be asked; a journal read elsewhere still needs the suffix. */
export async function unitName(host: Host, unit: string, signal: AbortSignal): Promise<string> {
  try {
    return await host.systemd.resolve(unit, signal)
  } catch (error) {
    if (!(error instanceof CastellanError && error.code === 'unsupported_host')) throw error
    return unit.includes('.') ? unit : `${unit}.service`
  }
}
