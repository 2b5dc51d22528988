/** Base | unsigned 32-bit arithmetic and alignment. Addresses are u32 byte addresses, words are int32. */

/** `value` as an unsigned 32-bit number. */
export function u32(value: number): number {
  return value >>> 0
}

/** Largest multiple of `unit` (a power of two, 1 to 2^31) not above `value`. */
export function alignDown(value: number, unit: number): number {
  return (value & -unit) >>> 0
}

/** Smallest multiple of `unit` (a power of two) not below `value`. */
export function alignUp(value: number, unit: number): number {
  return ((value + unit - 1) & -unit) >>> 0
}

/** Whether `value` is a power of two (1 counts). */
export function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0
}

/** `0x1234_5678`: how addresses are printed everywhere. */
export function hex(value: number, digits = 8): string {
  const text = (value >>> 0).toString(16).padStart(digits, '0')
  return digits > 4 ? `0x${text.slice(0, -4)}_${text.slice(-4)}` : `0x${text}`
}
