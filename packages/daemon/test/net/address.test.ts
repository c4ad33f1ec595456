import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressFacts, isPublicAddress } from '../../src/index.ts'

describe('what an address is', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['192.31.196.1', 'public'],
    ['1.1.1.1', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['100.128.0.0', 'public'],
    ['11.0.0.0', 'public'],
    ['223.255.255.255', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['2620:fe::fe', 'public'],
    ['2001:4860:4860::8888', 'public'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['fc00::1', 'private'],
    ['fdff:ffff::1', 'private'],
    ['100.64.0.0', 'shared'],
    ['100.127.255.255', 'shared'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['169.254.0.1', 'link_local'],
    ['169.254.255.255', 'link_local'],
    ['fe80::1', 'link_local'],
    ['fe80::1%eth0', 'link_local'],
    ['febf::1', 'link_local'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fd20:ce::254', 'metadata'],
    ['fd00:42::42', 'metadata'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['ff0e::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.255', 'documentation'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['198.18.0.1', 'benchmarking'],
    ['198.19.255.255', 'benchmarking'],
    ['2001:2::1', 'benchmarking'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.254', 'reserved'],
    ['192.0.0.1', 'reserved'],
    ['192.88.99.1', 'reserved'],
    ['fec0::1', 'reserved'],
    ['feff::1', 'reserved'],
    ['100::1', 'reserved'],
    ['2001:10::1', 'reserved'],
    ['2001:20::1', 'reserved'],
    ['5f00::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['1234::1', 'reserved'],
    ['fe00::1', 'reserved'],
  ] as const)('%s is %s', (address, kind) => {
    expect(addressFacts(address)).toEqual({ kind, form: 'plain' })
    expect(isPublicAddress(address)).toBe(kind === 'public')
  })

  it.each([
    ['::ffff:8.8.8.8', 'public', 'mapped'],
    ['::ffff:7f00:1', 'loopback', 'mapped'],
    ['::ffff:169.254.169.254', 'metadata', 'mapped'],
    ['::808:808', 'public', 'compatible'],
    ['::7f00:1', 'loopback', 'compatible'],
    ['::ffff:0:10.0.0.1', 'private', 'translated'],
    ['64:ff9b::8.8.8.8', 'public', 'nat64'],
    ['64:ff9b::127.0.0.1', 'loopback', 'nat64'],
    ['64:ff9b::a9fe:a9fe', 'metadata', 'nat64'],
    ['64:ff9b::192.168.1.1', 'private', 'nat64'],
    ['64:ff9b:1::1.1.1.1', 'unspecified', 'nat64_local'],
    ['64:ff9b:1:a9fe:a9:fe00::', 'metadata', 'nat64_local'],
    ['2002:0808:0808::1', 'public', '6to4'],
    ['2002:7f00:1::1', 'loopback', '6to4'],
    ['2002:a9fe:a9fe::1', 'metadata', '6to4'],
    ['2001:0:808:808:0:ffff:f7f7:f7f7', 'public', 'teredo'],
    ['2001:0:808:808:0:ffff:80ff:fffe', 'loopback', 'teredo'],
    ['2001:0:a9fe:a9fe:0:ffff:f7f7:f7f7', 'metadata', 'teredo'],
    ['2606:4700::5efe:10.0.0.1', 'private', 'isatap'],
    ['fe80::200:5efe:8.8.8.8', 'public', 'isatap'],
  ] as const)('%s leads to what is %s (%s)', (address, kind, form) => {
    expect(addressFacts(address)).toEqual({ kind, form })
    expect(isPublicAddress(address)).toBe(kind === 'public' && form === 'nat64')
  })

  it.each(['', 'localhost', '1.2.3.4.5', '256.1.1.1', '::1::', '1.2.3.4/8', '[::1]', ' 8.8.8.8'])(
    '%j is none',
    (text) => {
      expect([addressFacts(text), isPublicAddress(text)]).toEqual([undefined, false])
    },
  )

  it.each(['127.1', '0x7f.0.0.1', '2130706433', '017700000001'])('%s is read as inet_aton(3) reads it', (text) => {
    expect(addressFacts(text)).toEqual({ kind: 'loopback', form: 'plain' })
  })

  it('no address of ours becomes public by being wrapped', () => {
    const inner = fc.oneof(
      fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
    )
    const hex = (high: number, low: number): string => ((high << 8) | low).toString(16)
    fc.assert(
      fc.property(inner, fc.nat(0xffff), ([a, b, c, d], any) => {
        const words = `${hex(a, b)}:${hex(c, d)}`
        const flipped = `${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`
        for (const address of [
          `::ffff:${words}`,
          `::${words}`,
          `::ffff:0:${words}`,
          `64:ff9b::${words}`,
          `64:ff9b:1:${any.toString(16)}::${words}`,
          `2002:${words}::${any.toString(16)}`,
          `2001:0:${any.toString(16)}::${flipped}`,
          `2a00:1450::5efe:${words}`,
        ]) {
          expect([address, isPublicAddress(address)]).toEqual([address, false])
        }
      }),
    )
  })
})
