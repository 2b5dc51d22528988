/** Tests | records that a search has not settled yet, with the reason: they are read and lowered, and nothing is claimed of them. */

export const unsettled: Readonly<Record<string, string>> = {}
