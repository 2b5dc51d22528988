/** Litmus | public bugs whose fix adds steps of another kind than the one that a check names, and why. For a bug that is listed, the reason must stay true. */

export const differing: Readonly<Record<string, string>> = {
  'hafnium-defrag-no-bbm/buggy_stale':
    'several steps are missing, before and after the change of the entry; with one of them a fault is left',
  'pl310-alias-removed/buggy_tlb':
    'there is another way, which the check proves: the line is invalidated after the transfer, and the alias may stay',
}
