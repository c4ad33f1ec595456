/** The words of the settings that no section has for itself. */
export const settings = {
  lead: 'Who may come in, what can be carried away, and how this page looks.',
  sectionsLabel: 'Settings',
  sections: {
    tokens: 'Tokens',
    'sign-in': 'Sign-in',
    backup: 'Backup',
    export: 'Export',
    appearance: 'Appearance',
  },
} as const
