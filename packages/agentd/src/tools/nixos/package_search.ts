import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { limitField, textField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'

export const packageSearch = defineTool({
  name: 'package_search',
  title: 'Search packages',
  description:
    'Packages that could be installed, by words in their attribute name, from the nixpkgs of this host; nothing is fetched. The attribute is what the configuration names.',
  input: z.strictObject({
    query: textField(200)
      .refine((text) => text.trim() !== '', 'must name something')
      .describe('Words that the name contains, e.g. "nginx" or "postgresql 16".'),
    limit: limitField(100, 25, 'packages'),
  }),
  output: z.strictObject({
    packages: z.array(
      z.strictObject({ attribute: z.string(), name: z.string(), version: z.string(), description: z.string() }),
    ),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 180_000, perMinute: 60 },
  summary: ({ packages, truncated }, { query }) =>
    packages.length === 0
      ? `No package has ${JSON.stringify(query)} in its name.`
      : `${truncated ? 'More than ' : ''}${count(packages.length, 'package')}: ${list(
          packages.map(({ attribute, version }) => `${attribute} ${version}`.trim()),
          8,
        )}.`,
  taints: () => ['untrusted-text'],
  run: async ({ query, limit }, { host, signal }) => {
    const found = await host.nixos.searchPackages(query.trim().split(/\s+/), limit, signal)
    const packages = found.packages.map((one) => ({ ...one, description: one.description.slice(0, 300) }))
    return { packages, truncated: found.more }
  },
})
