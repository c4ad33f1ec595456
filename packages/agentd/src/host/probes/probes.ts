import { type CertificateFacts, readCertificate } from './certificate.ts'
import { type HttpAnswer, type HttpQuestion, probeHttp } from './http.ts'
import { type PortAnswer, probePort } from './port.ts'
import {
  type Address,
  askDns,
  type DnsAnswer,
  firstToAnswer,
  type RecordType,
  systemAddresses,
  vettedAddresses,
} from './resolve.ts'

/** Addresses of one name that a port check tries. */
const MOST_ADDRESSES = 8

/**
 * The few questions agentd asks over the network, each with strict limits: no credentials, next to nothing sent, little
 * kept, every address vetted after the name was looked up. `docs/decisions/0031-probes-leave-from-agentd.md` says why here.
 */
export class Probes {
  async dns(
    name: string,
    types: readonly RecordType[],
    signal: AbortSignal,
  ): Promise<{ servers: readonly string[]; answers: readonly DnsAnswer[]; system: readonly Address[] }> {
    const [asked, system] = await Promise.all([askDns(name, types, signal), systemAddresses(name, signal)])
    return { ...asked, system }
  }

  /** Tries every address of the name at once. */
  async port(name: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<readonly PortAnswer[]> {
    const addresses = (await vettedAddresses(name, signal)).slice(0, MOST_ADDRESSES)
    return Promise.all(addresses.map((address) => probePort(address, port, timeoutMs, signal)))
  }

  http(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
    return probeHttp(question, signal)
  }

  /** `serverName` is what is asked for by name in the handshake and held against the certificate. */
  async certificate(
    name: string,
    port: number,
    serverName: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<CertificateFacts & { readonly address: string }> {
    return firstToAnswer(await vettedAddresses(name, signal), signal, async (address) => {
      return { ...(await readCertificate(address, port, serverName, timeoutMs, signal)), address: address.address }
    })
  }
}
