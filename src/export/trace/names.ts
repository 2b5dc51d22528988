/** Export | identifiers in place of names, for formats whose names are words. */

/** Letters, digits, `_` and `-`; two names never get the same one. */
export class Names {
  private readonly known = new Map<string, string>()
  private readonly taken = new Set<string>()

  of(name: string): string {
    const known = this.known.get(name)
    if (known !== undefined) return known
    const wanted = name.replaceAll(/[^\w-]/g, '_') || '_'
    let identifier = wanted
    for (let copy = 2; this.taken.has(identifier); copy++) identifier = `${wanted}_${copy}`
    this.known.set(name, identifier)
    this.taken.add(identifier)
    return identifier
  }
}
