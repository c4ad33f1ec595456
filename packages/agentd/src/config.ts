import { isAbsolute } from 'node:path'
import { SessionMode } from '@castellan/contracts'
import { ProcessConfig } from '@castellan/daemon'
import { z } from 'zod'
import { declaredConfig } from './declared/config.ts'
import { IncidentConfig } from './incidents/rules.ts'
import { McpServersConfig } from './mcp-servers/config.ts'
import { ModelsConfig } from './models/settings.ts'
import { BudgetConfig } from './sessions/limits.ts'
import { Check, Confirm } from './switch/index.ts'

const AbsolutePath = z.string().refine(isAbsolute, 'must be an absolute path')

/** An origin as browsers write it: scheme, host and perhaps a port. */
const Origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text.toLowerCase(), {
  message: 'must be an origin like https://castellan.example.org, without a path',
})

/** What a timer can wait for: 2^31 - 1 ms. */
const MAX_TIMER_SECONDS = 2_147_483

/** What agentd can be told. `docs/tool-call.md` says what the limits limit. */
export const Config = ProcessConfig.extend({
  /** agentd keeps `agentd/`, `ledger/` and `workspace/` in it. */
  stateDir: AbsolutePath,
  agentSocket: AbsolutePath,
  operatorSocket: AbsolutePath,
  /** Where the gateway and the airlock record what they did; `record.sock` beside agent.sock without it. */
  recordSocket: AbsolutePath.optional(),
  /** The engine's, asked for vectors of what is remembered; memory is found by words alone without it. */
  engineSocket: AbsolutePath.optional(),
  /** File with the owner's token, which may approve calls; needed only for that. */
  tokenFile: AbsolutePath.optional(),
  /** Port of the local gateway, which serves the page. */
  pagePort: z.int().min(1).max(65_535).default(18_789),
  files: z
    .strictObject({
      /** Folders that file tools may touch beside the workspace. */
      roots: z.array(z.strictObject({ path: AbsolutePath, access: z.enum(['read', 'write']) })).default([]),
    })
    .prefault({}),
  backups: z
    .strictObject({
      /** Where backups are kept: best another disk. agentd's own folder without it. File tools never reach it. */
      folder: AbsolutePath.optional(),
      /** Days, and weeks, of which the newest backup of each set is kept. */
      keepDaily: z.int().min(1).max(3660).default(7),
      keepWeekly: z.int().min(0).max(520).default(4),
      /** Most that all backups may take together, in bytes; only the disk limits them without it. */
      quotaBytes: z
        .int()
        .min(1024 * 1024)
        .optional(),
    })
    .prefault({}),
  trash: z
    .strictObject({
      /** Most that deleted and replaced files may take on disk, in bytes; the oldest leave first. A quarter of a GiB. */
      quotaBytes: z
        .int()
        .min(1024 * 1024)
        .default(256 * 1024 * 1024),
      /** Days after which they leave in any case. */
      maxAgeDays: z.int().min(1).max(3650).default(30),
    })
    .prefault({}),
  /** Models that come in (docs/quarantine.md). */
  models: ModelsConfig,
  /** Where agentd reaches the airlock; `airlock-agentd.sock` beside agent.sock without it. */
  airlockSocket: AbsolutePath.optional(),
  /** How bad incidents are, and what is done about them by itself (docs/incidents.md). */
  incidents: IncidentConfig,
  integrity: z
    .strictObject({
      /** Minutes from one full scan to the next. */
      scanMinutes: z.int().min(1).max(10_080).default(60),
      /** Most that such a scan reads in a second, in bytes. */
      bytesPerSecond: z
        .int()
        .min(65_536)
        .default(32 * 1024 * 1024),
      /** Files that nobody needs to read, beside those in the state folder: reading or changing one is an incident. */
      canaries: z.array(AbsolutePath).max(32).default([]),
      /** Which TPM 2.0 vouches for this machine, as tpm2-tss names it (`swtpm:path=…`); /dev/tpmrm0 without it. */
      tpm: z.string().min(1).max(200).optional(),
      /** Whether fanotify (fatrace) tells who reads them: it hears of every file of the file system, which costs. */
      namesReaders: z.boolean().default(false),
      /** Whether reading one is as bad as changing it: where no backup, search or index of the owner's reads them. */
      containReads: z.boolean().default(false),
      /** Folders and files that integrity_baseline takes in, beside agentd's programs, Node and /etc/castellan. */
      paths: z.array(AbsolutePath).max(64).default([]),
    })
    .prefault({}),
  /** The owner's NixOS configuration. What is absent is looked for in the usual places (docs/nixos-tools.md). */
  nixos: z
    .strictObject({
      /** A folder with a flake.nix, or a flake reference; /etc/nixos without it. */
      flake: z.string().min(1).optional(),
      /** Name under `nixosConfigurations`; the host's own without it. */
      configuration: z.string().min(1).optional(),
      /** Folder of nixpkgs, for a configuration without a flake; root's channel without it. */
      nixpkgs: AbsolutePath.optional(),
      /** Where nixos_option_set keeps what is set. */
      overlayDir: AbsolutePath.default('/etc/nixos/castellan'),
    })
    .prefault({}),
  /** How this host is switched to another system, where a call does not say (docs/safeswitch.md). Times in seconds. */
  switch: z
    .strictObject({
      /** Whose word commits: the checks' (`health`), a person's (`operator`), or `both`. */
      confirm: Confirm.default('health'),
      activationSeconds: z.int().min(1).max(3600).default(600),
      graceSeconds: z.int().min(0).max(3600).default(5),
      probationSeconds: z.int().min(1).max(86_400).default(60),
      confirmSeconds: z.int().min(1).max(86_400).default(600),
      checks: z.array(Check).max(100).default([]),
    })
    .prefault({}),
  approvals: z
    .strictObject({
      /** Whether whoever holds the owner's token may approve. Meant for one owner on one machine. */
      ownerToken: z.boolean().default(true),
      /** Where passkeys are used. Browsers make none for bare addresses, so locally the page's name is `localhost`. */
      passkeys: z
        .strictObject({
          /** Pages that may sign with a passkey; that of the local gateway without it. */
          origins: z.array(Origin).min(1).optional(),
          /** The domain that passkeys belong to; that of the first origin without it. Changing it makes all of them useless. */
          rpId: z.string().min(1).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  policy: z
    .strictObject({
      /** Folder with the owner's rules (`*.cedar`); `policy/` in the state folder without it. See docs/policy.md. */
      dir: AbsolutePath.optional(),
      /** The setting that writes the files of `dir`, where one does: they are changed there, and not by a signed word. */
      declaredBy: z.string().min(1).max(200).optional(),
    })
    .prefault({}),
  sessions: z
    .strictObject({
      /** How freely agents act where the operator set nothing else. */
      mode: SessionMode.default('assist'),
    })
    .prefault({}),
  /** What agents may use up; see docs/sessions.md for the defaults. */
  budgets: BudgetConfig,
  limits: z
    .strictObject({
      /** Calls running at once; more are refused with `busy`. */
      callsInFlight: z.int().min(1).max(1024).default(64),
    })
    .prefault({}),
  /** Other MCP servers, by name; their tools are offered as `name__tool` (docs/mcp.md). */
  mcpServers: McpServersConfig,
  ...declaredConfig,
  skills: z
    .strictObject({
      /** Folders of the owner with skills, `NAME/SKILL.md` each (docs/skills.md). */
      folders: z.array(AbsolutePath).max(16).default([]),
    })
    .prefault({}),
  ledger: z
    .strictObject({
      /** C2SP tlog-policy file: the witnesses that cosign the ledger, and how many of them suffice. */
      witnessPolicy: AbsolutePath.optional(),
      /** Seconds from one cosigning to the next; the first is at the start. */
      cosignEverySeconds: z.int().min(1).max(MAX_TIMER_SECONDS).default(3600),
      retention: z
        .strictObject({
          /** Payloads older than this many days are destroyed, leaves stay; none are without it. */
          payloadDays: z.int().min(1).max(36_500).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
})
export type Config = z.output<typeof Config>
