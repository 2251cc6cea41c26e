/** UUIDv7 (RFC 9562): 48 bits of time, then random bits; later ids sort after earlier ones. */

/** Make an id from the time (ms since 1970) and ten random bytes. */
export function uuid7(now_ms: number, random: Uint8Array): string {
  if (random.length < 10) throw new RangeError('a UUIDv7 needs ten random bytes')
  const bytes = new Uint8Array(16)
  let time = Math.floor(now_ms)
  for (let i = 5; i >= 0; i -= 1) {
    bytes[i] = time % 256
    time = Math.floor(time / 256)
  }
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
