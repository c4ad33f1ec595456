import { BackupKeyRequest, BackupUnlocking } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'

/** Keys of backups, on operator.sock alone: nothing an agent can call makes, replaces or hands over a key. */
export function addBackupKeeperRoutes(server: SocketServer, { backupKeeper }: Agentd): void {
  server.route('GET', '/v1/backups/key', {}, () => backupKeeper.key())
  server.route('POST', '/v1/backups/key', { body: BackupKeyRequest }, ({ body }) => backupKeeper.makeKey(body.replace))
  server.route('POST', '/v1/backups/unlock', { body: BackupUnlocking }, ({ body }) => backupKeeper.unlock(body))
}
