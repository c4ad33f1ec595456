import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { optionName } from '../../host/nixos/options.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'

export const nixosOverlayRead = defineTool({
  name: 'nixos_overlay_read',
  title: 'NixOS overlay',
  description:
    "The options that agents set over the owner's configuration, by whom, when and why, and the history of changes.",
  input: z.strictObject({ history: limitField(200, 20, 'changes of the history') }),
  output: z.strictObject({
    file: z.string(),
    settings: z.array(
      z.strictObject({
        option: z.string(),
        value: z.unknown(),
        setAt: Timestamp,
        setBy: z.string(),
        reason: z.string(),
      }),
    ),
    history: z
      .array(z.strictObject({ commit: z.string(), at: z.string(), message: z.string() }))
      .describe('Newest first.'),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ settings, total, file }) =>
    total === 0
      ? `The overlay (${file}) sets nothing.`
      : `The overlay sets ${count(total, 'option')}: ${list(settings.map(({ option }) => option))}.`,
  resources: (_input, host) => [{ kind: 'path', id: host.nixos.overlay.file, access: 'read' }],
  taints: () => ['untrusted-text'],
  run: async ({ history }, { host, signal }) => {
    const { overlay } = host.nixos
    const all = (await overlay.settings()).map(({ path, ...setting }) => ({ option: optionName(path), ...setting }))
    const changes = (await overlay.history(history, signal)).map((change) => ({
      ...change,
      message: change.message.slice(0, 300),
    }))
    const settings = fitting(all, 32 * 1024)
    return {
      file: overlay.file,
      settings,
      history: changes.slice(0, 100),
      total: all.length,
      truncated: settings.length < all.length || changes.length > 100,
    }
  },
})
