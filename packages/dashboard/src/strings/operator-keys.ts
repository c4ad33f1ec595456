/** The words about keys whose signature says yes. */
export const operatorKeys = {
  none: 'No key is enrolled, so that nothing can be approved from a browser. Sign out and in again with a fresh code.',
  kinds: { ed25519: 'key', passkey: 'passkey' },
  own: 'this browser',
  of: (person: string) => `of ${person}`,
  enrolled: {
    sign_in: 'enrolled at a sign-in',
    operator: 'enrolled by root',
    configuration: 'declared in the configuration',
  },
  used: 'signed last',
  unused: 'has not signed yet',
  actOn: (act: string, name: string) => `${act}: ${name}`,
  rename: 'Rename',
  renameTitle: (name: string) => `Rename ${name}`,
  name: 'Name',
  nameFirst: 'Write another name.',
  renamed: (name: string) => `The key is called ${name} now.`,
  removeAct: 'Remove…',
  remove: {
    title: (name: string) => `Remove ${name}?`,
    effects: [
      'What this key signs from now on approves nothing.',
      'What it approved and nobody used yet is void.',
      'Browsers that signed in with it are signed out.',
      'The ledger records that your key removed it, before it happens.',
    ],
    undo: 'A removed key stays removed. Its browser can enrol another with a fresh code.',
    act: 'Remove',
  },
  removed: (name: string) => `${name} approves nothing any more.`,
  unchangeable: {
    itself: 'A key does not remove itself, so that one is always left.',
    other_person: 'Of another person: only root changes it.',
    declared: 'Change it in the configuration.',
  },
} as const
