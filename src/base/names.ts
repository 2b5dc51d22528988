/** Base | names as files, ids and tests have them. */

/** Small letters and digits, in words with a single "-" between. */
export function isKebabCase(name: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)
}
