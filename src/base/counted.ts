/** Base | numbers of things, in words. */

/** `1 word`, `2 words`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
