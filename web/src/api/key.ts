// A key for a request that must happen once, however often it is sent.

/** 128 random bits as hex; works without a secure context too, where crypto.randomUUID is missing. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
