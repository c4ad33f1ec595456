/** What the pages are called, and what one does there. */
export const navigation = {
  chat: { title: 'Chat', about: 'ask, and have things done' },
  overview: { title: 'Overview', about: 'how the server is, and what was done last night or since you looked' },
  approvals: { title: 'Approvals', about: 'answer what waits for your yes or no' },
  timeline: { title: 'Time line', about: 'every change on one axis, and the way to roll back' },
  ledger: { title: 'Ledger', about: 'look up every act: undo it, verify it' },
  insights: { title: 'Insights', about: 'what left this machine, byte for byte, and what came back' },
  policy: { title: 'Policy', about: 'what agents may do, and trying another rule' },
  engine: { title: 'Engine', about: 'agents, what they think with, and who pays' },
  security: { title: 'Security', about: 'stop everything, incidents, hardening, integrity' },
  models: { title: 'Models', about: 'what thinks on this machine, and letting another one in' },
  apps: { title: 'Apps', about: 'programs that this server keeps running' },
  routines: { title: 'Routines', about: 'what happens by itself, and what is watched' },
  memory: { title: 'Memory', about: 'what agents remember: look, correct, forget' },
  settings: { title: 'Settings', about: 'tokens, sign-in, backup, export, appearance' },
} as const
