/** The words about what can be carried away. */
export const exports = {
  title: 'Files to keep',
  save: 'Save',
  saveNamed: (title: string) => `Save: ${title}`,
  gathering: (count: number) => `${count.toLocaleString('en')} so far. Stop`,
  saved: (name: string, count: number) => `${name} is saved, with ${count.toLocaleString('en')} in it.`,
  without: 'Without:',
  files: {
    ledger: {
      title: 'Ledger, as JSON lines',
      has: 'Every entry, newest first: what was asked, decided and done, by whom and when.',
      hasNot:
        'what was in calls, which stays encrypted on the machine, and proofs: each entry has its own on the ledger page.',
    },
    markdown: {
      title: 'Chats, to read',
      has: 'Every chat as Markdown, the one last used first: what was said and what was done.',
      hasNot: 'attached files, and chats that were deleted.',
    },
    chats: {
      title: 'Chats, as JSON lines',
      has: 'Every chat with each of its frames, as programs read it.',
      hasNot: 'attached files, and chats that were deleted.',
    },
    memory: {
      title: 'Memory, as JSON lines',
      has: 'What agents remember: each fact with its source, when it was stored and how sure it is.',
      hasNot: 'what was forgotten or has expired.',
    },
    insights: {
      title: 'Insights, as JSON lines',
      has: 'What was sent to models and what came back, exchange by exchange.',
      hasNot: 'what was dropped by age or for room, and secrets, which are never kept there.',
    },
  },
  openApi: {
    title: 'Description of the API',
    has: 'Every operation with its schemas, as OpenAPI 3.1. It holds nothing of this machine.',
    yaml: 'YAML',
    json: 'JSON',
  },
  credentials: 'Credentials',
  credentialsLead:
    'The secrets that pay for engines leave this machine only in a file that is encrypted with a passphrase of yours (age). Revoked ones have no secret and are left out.',
  credentialsCount: (count: number) =>
    count === 0 ? 'There is none yet.' : count === 1 ? 'There is 1 credential.' : `There are ${count} credentials.`,
  credentialsLocked: 'The credential store is locked; the engine page unlocks it.',
  credentialsExport: 'Export credentials…',
  credentialsImport: 'Import credentials…',
  credentialsSeal: 'Encrypt and save',
  credentialsSealLead: 'Whoever has the file and the passphrase has every secret in it. Nobody can open it without.',
  credentialsFile: 'castellan-credentials.age',
  credentialsSaved: (count: number) =>
    count === 1 ? '1 credential is saved, encrypted.' : `${count} credentials are saved, encrypted.`,
  passphrase: 'Passphrase of the file',
  passphraseAgain: 'Once more',
  passphraseFirst: 'Write the passphrase that the file was made with.',
  file: 'File',
  fileFirst: 'Choose the file of an export.',
  fileTooLarge: 'That file is too large to be an export of credentials.',
  importAct: 'Take them in',
  importLead:
    'All of them are taken in or, where one does not fit, none. A credential whose provider and secret are here already stays as it is.',
  importDone: 'What came of it',
  imported: (count: number) => (count === 1 ? '1 credential was taken in.' : `${count} credentials were taken in.`),
  skipped: (count: number) =>
    count === 0
      ? 'None of them was here already.'
      : count === 1
        ? '1 was here already, and stayed as it is.'
        : `${count} were here already, and stayed as they are.`,
  close: 'Close',
} as const
