/** Litmus | public bugs whose fix adds steps of another kind than the one that a check names, and why. The list may only get shorter. */

export const differing: Readonly<Record<string, string>> = {}
