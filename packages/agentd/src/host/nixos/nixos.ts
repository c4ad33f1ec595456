import { CastellanError, type ToolProgress } from '@castellan/contracts'
import { z } from 'zod'
import { type Build, nixBuild } from './build.ts'
import { findSource, type NixosSettings, nixString, noNixpkgs, type Source } from './configuration.ts'
import { evaluate, evaluationOptions } from './evaluate.ts'
import { Flake } from './flake.ts'
import { type OptionFacts, type OptionSet, readOption, tryOption } from './options.ts'
import { Overlay } from './overlay.ts'

/** Keeps the newest build from being collected as garbage before it is switched to. */
const buildLink = '/nix/var/nix/gcroots/castellan/newest-build'

const Package = z.object({ attribute: z.string(), name: z.string(), version: z.string(), description: z.string() })
const Found = z.object({ packages: z.array(Package), more: z.boolean() })
/** `more`: that there are others. */
export type FoundPackages = z.infer<typeof Found>
/** Attributes whose packages are looked at. */
const MOST_MATCHES = 500

/** The owner's NixOS configuration: what it says, what may be set over it, and building it. */
export class Nixos {
  readonly overlay: Overlay
  readonly #settings: NixosSettings

  constructor(settings: NixosSettings) {
    this.#settings = settings
    this.overlay = new Overlay(settings.overlayDir)
  }

  /** Throws `unsupported_host` where there is no configuration to evaluate. */
  source(): Promise<Source> {
    return findSource(this.#settings)
  }

  async option(path: readonly string[], signal: AbortSignal): Promise<OptionFacts | OptionSet> {
    return readOption(await this.source(), path, signal)
  }

  /** Holds a value against the option's type and the configuration's assertions. Throws `invalid_arguments` where it does not fit. */
  async tryOption(path: readonly string[], value: unknown, signal: AbortSignal): Promise<{ readonly value: unknown }> {
    return tryOption(await this.source(), path, value, signal)
  }

  /** Whether the configuration takes up what the overlay sets: without the import it would change nothing. */
  async importsOverlay(signal: AbortSignal): Promise<boolean> {
    const settings = await this.overlay.settings()
    const [first] = settings
    if (first === undefined) return true
    const option = await this.option(first.path, signal)
    return option.kind === 'option' && option.files.some((file) => file.includes('overlay'))
  }

  /** Builds the whole system; nothing is activated. `online`: what is missing may be fetched. */
  async build(online: boolean, tell: (progress: ToolProgress) => void, signal: AbortSignal): Promise<Build> {
    const { expression } = await this.source()
    const options = online ? evaluationOptions.filter((option) => option !== '--offline') : evaluationOptions
    const args = [...options, '--expr', `${expression}.config.system.build.toplevel`]
    return nixBuild(args, buildLink, tell, signal)
  }

  async flake(): Promise<Flake> {
    const { folder, words } = await this.source()
    if (folder === null)
      throw new CastellanError(
        'unsupported_host',
        `This configuration is no flake in a folder of this host: it is ${words}.`,
      )
    return new Flake(folder)
  }

  /** Packages of the configured nixpkgs whose attribute or name contains all the words. Reads names only; offline. */
  async searchPackages(words: readonly string[], most: number, signal: AbortSignal): Promise<FoundPackages> {
    const { packages, words: where } = await this.source()
    if (packages === null) throw new CastellanError('unsupported_host', `Nothing is known of the packages of ${where}.`)
    const contains = words.map((word) => `(has ${nixString(word.toLowerCase())} name)`).join(' && ')
    const found = await evaluate(
      `let
  pkgs = ${packages};
  has = needle: hay: let n = builtins.stringLength needle; in builtins.any (i: builtins.substring i n hay == needle) (builtins.genList (i: i) (let rest = builtins.stringLength hay - n + 1; in if rest < 0 then 0 else rest));
  lower = text: builtins.replaceStrings ["A" "B" "C" "D" "E" "F" "G" "H" "I" "J" "K" "L" "M" "N" "O" "P" "Q" "R" "S" "T" "U" "V" "W" "X" "Y" "Z"] ["a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n" "o" "p" "q" "r" "s" "t" "u" "v" "w" "x" "y" "z"] text;
  matching = builtins.filter (attribute: let name = lower attribute; in ${contains}) (builtins.attrNames pkgs);
  take = n: list: builtins.genList (builtins.elemAt list) (if builtins.length list < n then builtins.length list else n);
  describe = attribute:
    let
      tried = builtins.tryEval (let p = pkgs.\${attribute}; in if builtins.isAttrs p && (p.type or null) == "derivation" then {
        inherit attribute;
        name = p.pname or (builtins.parseDrvName p.name).name;
        version = p.version or (builtins.parseDrvName p.name).version;
        description = let d = p.meta.description or ""; in if builtins.isString d then d else "";
      } else null);
      full = builtins.tryEval (builtins.deepSeq tried.value tried.value);
    in if tried.success && full.success && full.value != null then [ full.value ] else [ ];
in { packages = take ${most + 1} (builtins.concatMap describe (take ${MOST_MATCHES} matching)); more = builtins.length matching > ${MOST_MATCHES}; }`,
      signal,
    ).catch((error: unknown) => {
      if (!(error instanceof CastellanError) || !error.message.includes(noNixpkgs)) throw error
      throw new CastellanError(
        'unsupported_host',
        `The ${where} has no packages to search: neither pkgs, as nixosSystem gives, nor an input nixpkgs.`,
      )
    })
    const { packages: all, more } = Found.parse(found)
    return { packages: all.slice(0, most), more: more || all.length > most }
  }
}
