import {
  CredentialExport,
  CredentialImport,
  CredentialStoreView,
  ExportRequest,
  ImportRequest,
  RecoveryPhrase,
} from '../credentials.ts'
import { STORE_REFUSALS } from './credentials.ts'
import { defineOperation } from './operation.ts'

const CHANGES = [...STORE_REFUSALS, 'ledger_unavailable', 'disk_full'] as const

const store = {
  state: 'open',
  problem: null,
  key_source: 'file',
  key: '3f1c0e6d5b7a49d2a1c4e8f60b9d7c25',
  recovery_phrase_shown: true,
  credentials: 2,
  generation: 7,
} as const

const tag = 'credential-store'

export const getCredentialStore = defineOperation({
  id: 'getCredentialStore',
  method: 'GET',
  path: '/api/v1/credential-store',
  tag,
  summary: 'Whether the credential store is open, and if not why',
  scope: 'read',
  status: 200,
  answer: CredentialStoreView,
  errors: [],
  example: { answer: store },
})

export const lockCredentialStore = defineOperation({
  id: 'lockCredentialStore',
  method: 'POST',
  path: '/api/v1/credential-store/lock',
  tag,
  summary: 'Take the key of the credential store out of memory',
  description: 'It stays out over restarts, until it is unlocked. Locking happens even where it cannot be recorded.',
  scope: 'admin',
  status: 200,
  answer: CredentialStoreView,
  errors: [],
  example: {
    answer: { ...store, state: 'locked', key: null, recovery_phrase_shown: null, credentials: null, generation: null },
  },
})

export const unlockCredentialStore = defineOperation({
  id: 'unlockCredentialStore',
  method: 'POST',
  path: '/api/v1/credential-store/unlock',
  tag,
  summary: 'Read the key of the credential store again',
  description: 'While agents are frozen at level 2 or above it stays locked: thaw them first.',
  scope: 'admin',
  status: 200,
  answer: CredentialStoreView,
  errors: CHANGES,
  example: { answer: store },
})

export const rotateCredentialKey = defineOperation({
  id: 'rotateCredentialKey',
  method: 'POST',
  path: '/api/v1/credential-store/key-rotation',
  tag,
  summary: 'Put another key-encryption key in the place of the one there is',
  description:
    'Everything is wrapped anew and the old key is destroyed. The old recovery phrase opens nothing any more; the new one can be ' +
    'shown once. Where systemd hands the key over, only the host’s administrator can make the next one: the refusal says how.',
  scope: 'admin',
  status: 200,
  answer: CredentialStoreView,
  errors: ['unsupported_host', ...CHANGES],
  example: { answer: { ...store, recovery_phrase_shown: false, generation: 8 } },
})

export const showRecoveryPhrase = defineOperation({
  id: 'showRecoveryPhrase',
  method: 'POST',
  path: '/api/v1/credential-store/recovery-phrase',
  tag,
  summary: 'The key-encryption key as 24 words to write down, once',
  description:
    'A second request is refused with `conflict` until the key is another one. Whoever has the words has every secret.',
  scope: 'admin',
  status: 200,
  answer: RecoveryPhrase,
  errors: ['conflict', ...CHANGES],
  example: {
    answer: { phrase: `${'abandon '.repeat(23)}art`, key: '3f1c0e6d5b7a49d2a1c4e8f60b9d7c25' },
  },
})

export const exportCredentials = defineOperation({
  id: 'exportCredentials',
  method: 'POST',
  path: '/api/v1/credential-store/export',
  tag,
  summary: 'All credentials with their secrets, encrypted with age',
  description:
    'To a passphrase of at least 12 characters or to an age recipient, as an armored age file. Revoked credentials have no secret ' +
    'and are left out.',
  scope: 'admin',
  body: ExportRequest,
  status: 200,
  answer: CredentialExport,
  errors: ['credential_invalid', ...CHANGES],
  example: {
    body: { recipient: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p' },
    answer: {
      file: '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl…\n-----END AGE ENCRYPTED FILE-----\n',
      credentials: 2,
    },
  },
})

export const importCredentials = defineOperation({
  id: 'importCredentials',
  method: 'POST',
  path: '/api/v1/credential-store/import',
  tag,
  summary: 'Take in the credentials of an export',
  description: 'All of them or, where one does not fit, none. What is here already is skipped.',
  scope: 'admin',
  body: ImportRequest,
  maxBodyBytes: 1024 * 1024,
  status: 200,
  answer: CredentialImport,
  errors: ['import_invalid', 'credentials_full', 'credential_invalid', ...CHANGES],
  example: {
    body: {
      file: '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl…\n-----END AGE ENCRYPTED FILE-----\n',
      passphrase: 'correct horse battery staple',
    },
    answer: { imported: ['cred_l7XhJ0f3T3m4Yz1Q'], skipped: 1 },
  },
})

export const resetCredentialStore = defineOperation({
  id: 'resetCredentialStore',
  method: 'POST',
  path: '/api/v1/credential-store/reset',
  tag,
  summary: 'Start with an empty store where the one there is does not load',
  description:
    'The file that was refused is moved aside and not deleted. Refused with `conflict` while the store is in order.',
  scope: 'admin',
  status: 200,
  answer: CredentialStoreView,
  errors: ['conflict', ...CHANGES],
  example: { answer: { ...store, recovery_phrase_shown: false, credentials: 0, generation: 1 } },
})
