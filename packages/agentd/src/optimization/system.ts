import { count, percent, size } from '../tools/words.ts'
import { always, fine, type Ground, type Look, notApplicable, type Rule, suggest, unknown } from './rule.ts'
import { timerRuns } from './store.ts'

const DAY_MS = 86_400_000
/** Memory is under pressure where programs have taken more than this, in percent. */
const PRESSED_PERCENT = 85
/** That often, of the samples of the last week, is more than a moment. */
const PRESSED_SHARE = 0.02
/** A journal that takes more is worth a limit. */
const BIG_JOURNAL_BYTES = 2e9

/** Disks, memory, the journal and the clock. */
export const systemRules: readonly Rule[] = [
  {
    id: 'journal-limit',
    title: 'Limit what the journal takes on disk',
    option: 'services.journald.extraConfig',
    value: (now) => `${typeof now === 'string' && now !== '' ? `${now.trimEnd()}\n` : ''}SystemMaxUse=1G\n`,
    cost: 'Entries beyond 1 GiB are deleted, the oldest first. Other settings in this option stay as they are.',
    look: async ({ host, signal }) => {
      const journalBytes = await host.journal.sizeBytes(signal)
      const evidence = `The journal takes ${size(journalBytes)}.`
      return journalBytes >= BIG_JOURNAL_BYTES ? suggest(evidence, { journalBytes }) : fine(evidence, { journalBytes })
    },
  },
  {
    id: 'journal-lasting',
    title: 'Keep the journal over a reboot',
    option: 'services.journald.storage',
    value: always('persistent'),
    cost: 'The journal takes room on disk, up to a tenth of its file system or 4 GiB.',
    look: (ground) => byHardening(ground, 'lasting_journal'),
  },
  {
    id: 'zram-swap',
    title: 'Compress memory instead of running out of it',
    option: 'zramSwap.enable',
    value: always(true),
    cost: 'Half of the memory may hold compressed pages; packing them takes some CPU time while memory is short.',
    look: lookAtMemory,
  },
  {
    id: 'fstrim',
    title: 'Tell SSDs once a week which blocks are free',
    option: 'services.fstrim.enable',
    value: always(true),
    cost: 'A short burst of discards every week. On encrypted disks it shows which blocks are free.',
    look: async (ground) => {
      const disks = (await ground.host.storage.devices()).filter(
        ({ kind, rotational, removable, readOnly }) =>
          kind === 'disk' && rotational === false && !removable && !readOnly,
      )
      if (disks.length === 0) return notApplicable('This host has no SSD.')
      const ssds = disks.length
      if (await timerRuns(ground, 'fstrim.timer')) return fine('fstrim.timer does so already.', { ssds })
      return suggest(`${count(ssds, 'SSD')} and no fstrim.timer that runs.`, { ssds })
    },
  },
  {
    id: 'disk-watch',
    title: 'Have disks watched for signs of failing',
    option: 'services.smartd.enable',
    value: always(true),
    cost: 'smartd asks each disk every half hour, which can keep a disk from sleeping.',
    look: async ({ host, signal }) => {
      const disks = (await host.storage.devices()).filter(
        ({ kind, name }) => kind === 'disk' && /^(sd|nvme)/.test(name),
      )
      if (disks.length === 0) return notApplicable('This host has no disk that tells of its health.')
      const services = await host.systemd.services(signal)
      const runs = services.some(({ unit, activeState }) => unit === 'smartd.service' && activeState === 'active')
      const figures = { disks: disks.length }
      return runs
        ? fine('smartd runs.', figures)
        : suggest(`${count(disks.length, 'disk')} and no smartd that runs.`, figures)
    },
  },
  {
    id: 'clock',
    title: 'Hold the clock to a time source',
    option: 'services.timesyncd.enable',
    value: always(true),
    cost: 'The host asks servers of the NTP pool for the time; a clock that is far off jumps once.',
    look: async ({ host, signal }) => {
      const { synchronized, service } = await host.system.clock(signal)
      if (synchronized === null && service === null) return unknown('Nobody on this host tells.')
      if (synchronized === true) return fine(`${service ?? 'A service'} keeps the clock right.`)
      // Another service would be switched off by this one, or quarrel with it.
      if (service !== null) return unknown(`${service} runs and the clock is not synchronized: look at its log.`)
      return suggest('The clock is not synchronized, and no time service runs.')
    },
  },
]

async function lookAtMemory({ host, signal, now }: Ground): Promise<Look> {
  const [memory, samples] = await Promise.all([
    host.system.memory(),
    host.history.between(new Date(now.getTime() - 7 * DAY_MS), now, signal),
  ])
  const { totalBytes, usedBytes, swapTotalBytes } = memory
  if (swapTotalBytes > 0) return fine(`There are ${size(swapTotalBytes)} of swap.`, { swapTotalBytes })
  const pressed = samples.filter(({ memoryPercent }) => memoryPercent >= PRESSED_PERCENT).length
  const figures = { totalBytes, usedBytes, swapTotalBytes, samples: samples.length, pressedSamples: pressed }
  const evidence =
    `There is no swap; ${percent(usedBytes, totalBytes)} of ${size(totalBytes)} are used, and in the last week memory was ` +
    `${PRESSED_PERCENT} % used or more in ${pressed} of ${count(samples.length, 'sample')}.`
  const often = samples.length > 0 && pressed >= Math.max(3, PRESSED_SHARE * samples.length)
  return usedBytes >= (PRESSED_PERCENT / 100) * totalBytes || often
    ? suggest(evidence, figures)
    : fine(evidence, figures)
}

/** What a hardening check found, as a look. `telling`: only where it is about this. */
export async function byHardening({ hardening }: Ground, id: string, telling = /(?:)/): Promise<Look> {
  const checked = (await hardening()).find(({ check }) => check.id === id)
  if (checked === undefined) return unknown(`There is no check ${id}.`)
  const { outcome, found } = checked.finding
  const { weight } = checked.check
  if (outcome === 'fail') return telling.test(found) ? suggest(found, { weight }) : fine(found, { weight })
  if (outcome === 'pass') return fine(found, { weight })
  return outcome === 'unknown' ? unknown(found) : notApplicable(found)
}
