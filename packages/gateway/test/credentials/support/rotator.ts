import { join } from 'node:path'
import { CredentialId } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { Activity } from '../../../src/credentials/activity.ts'
import { Credentials } from '../../../src/credentials/credentials.ts'
import { CredentialStore } from '../../../src/credentials/store.ts'
import { StoreDisk } from '../../../src/credentials/store-disk.ts'
import { GatewayKeys } from '../../../src/keys/gateway-keys.ts'
import { Records } from '../../../src/records.ts'

// A process that rotates one credential and the key, to be killed on the way. Says on standard output what is done for certain.

const [folder = '', socket = '', id = '', ...acts] = process.argv.slice(2)
const log = createLogger({ name: 'rotator', file: '/dev/null' })
const records = new Records(socket)
const keys = await GatewayKeys.open({
  file: join(folder, 'keys', 'kek'),
  rootFile: join(folder, 'keys', 'root'),
  encrypted: [join(folder, 'credentials', 'store')],
  credentialsFolder: undefined,
})
const disk = new StoreDisk(join(folder, 'credentials'))
const store = new CredentialStore({ disk, keys, records, freeze: { credentialsLocked: false, freeze: null }, log })
const activity = await Activity.load(join(folder, 'credentials'), log)
const outbound = { fetch: () => Promise.reject(new Error('nothing leaves this test')) }
const credentials = new Credentials({
  store,
  activity,
  records,
  outbound,
  selection: { failed: async () => undefined },
})

for (const act of acts) {
  if (act === 'key') await store.rotateKey()
  else await credentials.rotate(CredentialId.parse(id), act)
  process.stdout.write(`done ${act}\n`)
}
records.close()
