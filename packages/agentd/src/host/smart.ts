import { CastellanError } from '@castellan/contracts'
import { findProgram, runCommand } from './command.ts'

/** What a disk says of itself (SMART). Null where this disk does not tell. */
export interface DiskHealth {
  readonly device: string
  readonly model: string | null
  /** The disk's own verdict; null where it gives none, and `note` says why. */
  readonly passed: boolean | null
  readonly note: string | null
  readonly temperatureCelsius: number | null
  readonly powerOnHours: number | null
  /** Sectors that failed and were replaced by spare ones. */
  readonly reallocatedSectors: number | null
  /** Sectors that could not be read and wait for being written. */
  readonly pendingSectors: number | null
  readonly uncorrectableErrors: number | null
  /** How much of its life an SSD has used up; may exceed 100. */
  readonly wearPercent: number | null
}

const MAX_OUTPUT_BYTES = 1024 * 1024

/** smartctl(8): a bad command line, or a device that could not be opened; the other bits tell about the disk. */
const NOT_ASKED = 0b11

/** Asks one disk, by its name in /dev, without waking it if it sleeps. Throws `unsupported_host` without smartmontools. */
export async function readHealth(device: string, signal: AbortSignal): Promise<DiskHealth> {
  const program = await findProgram('smartctl').catch(() => {
    throw new CastellanError(
      'unsupported_host',
      'Disks are asked about their health with smartctl, and this host does not have it. Installing smartmontools makes this work.',
    )
  })
  const args = ['--json', '--info', '--health', '--attributes', '--nocheck=standby', `/dev/${device}`]
  const { stdout, exitCode } = await runCommand(program, args, { signal, maxOutputBytes: MAX_OUTPUT_BYTES })
  return parseSmart(device, stdout, exitCode)
}

interface Smart {
  readonly model_name?: string
  readonly smartctl?: { readonly messages?: readonly { readonly string?: string }[] }
  readonly smart_support?: { readonly available?: boolean }
  readonly smart_status?: { readonly passed?: boolean }
  readonly temperature?: { readonly current?: number }
  readonly power_on_time?: { readonly hours?: number }
  readonly ata_smart_attributes?: {
    readonly table?: readonly {
      readonly id: number
      readonly value: number
      readonly raw: { readonly value: number }
    }[]
  }
  readonly nvme_smart_health_information_log?: { readonly percentage_used?: number; readonly media_errors?: number }
}

/** Attribute numbers are the makers' agreement; these four mean the same on nearly all ATA disks. */
const REALLOCATED = 5
const PENDING = 197
const UNCORRECTABLE = 198
/** Wear_Leveling_Count, Media_Wearout_Indicator, SSD_Life_Left: a value that falls from 100. */
const WEAR: readonly number[] = [177, 231, 233]

export function parseSmart(device: string, json: string, exitCode: number): DiskHealth {
  const smart = asSmart(json)
  const attribute = (id: number) => smart.ata_smart_attributes?.table?.find((each) => each.id === id)
  const nvme = smart.nvme_smart_health_information_log
  const wear = WEAR.map(attribute).find((each) => each !== undefined)
  const passed = smart.smart_status?.passed ?? null
  return {
    device,
    model: smart.model_name ?? null,
    passed,
    note: passed === null ? whyNot(smart, exitCode) : null,
    temperatureCelsius: smart.temperature?.current ?? null,
    powerOnHours: smart.power_on_time?.hours ?? null,
    reallocatedSectors: attribute(REALLOCATED)?.raw.value ?? null,
    pendingSectors: attribute(PENDING)?.raw.value ?? null,
    uncorrectableErrors: nvme?.media_errors ?? attribute(UNCORRECTABLE)?.raw.value ?? null,
    wearPercent: nvme?.percentage_used ?? (wear === undefined ? null : Math.max(0, 100 - wear.value)),
  }
}

function whyNot(smart: Smart, exitCode: number): string {
  const words =
    smart.smartctl?.messages
      ?.map((message) => message.string ?? '')
      .join(' ')
      .slice(0, 300) ?? ''
  if (/standby|sleep/i.test(words)) return 'It sleeps, and was not woken for this.'
  if (smart.smart_support?.available === false) return 'It has no SMART, as most virtual disks.'
  if ((exitCode & NOT_ASKED) !== 0)
    return `smartctl could not ask it: ${words || 'it gave no reason'}.`.replace(/\.\.$/, '.')
  return 'It gives no verdict about itself.'
}

function asSmart(json: string): Smart {
  try {
    return JSON.parse(json) as Smart
  } catch {
    return {}
  }
}
