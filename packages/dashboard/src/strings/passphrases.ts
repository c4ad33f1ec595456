/** What is wrong with a passphrase. */
export const passphrases = {
  tooShort: (fewest: number) => `Write at least ${fewest} characters: length is what makes it good.`,
  differ: 'Write the same twice.',
} as const
