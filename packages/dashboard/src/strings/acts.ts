/** What the palette can do beside going to a page. */
export const acts = {
  newChat: { title: 'New chat', about: 'begin one with an agent of your choice' },
  findChat: { title: 'Find a chat', about: 'all chats, and a search in what was said' },
  stop: { title: 'Stop the running turn', about: 'as Escape in the chat does' },
  freeze: { title: 'Stop all agents', about: 'freeze everything they do, at once' },
  theme: { title: 'Switch appearance', about: 'light or dark' },
  times: { title: 'Switch times', about: 'relative or exact' },
  signOut: { title: 'Sign out', about: 'of this browser' },
} as const
