/*
 * Peers | two-phase commit with N resource managers in Promela, the twin of test/models/two-phase-commit.ts.
 *
 * 2^N + 4^N + 6^N states; (4N/3) 6^N + (N+1) 4^N + N 2^N + 1 transitions. SPIN prints one transition more: it counts the
 * initial state. Who is where is a set of managers, one bit each, so that the invariant is one comparison.
 */
#ifndef N
#define N 3
#endif
#define EVERYBODY ((1 << N) - 1)

bool decided, sayCommit, sayAbort;
short said;   /* have announced that they are prepared; an announcement stays */
short heard;  /* whom the transaction manager has heard */
short ready, committed, aborted;

#define ME (1 << (_pid - 1))
#define WORKS (!((ready | committed | aborted) & ME))
#define CONSISTENT assert(!committed || !aborted)

active proctype TransactionManager() {
end:
  do
  :: d_step { !decided && heard == EVERYBODY -> decided = true; sayCommit = true }
  :: d_step { !decided -> decided = true; sayAbort = true }
  od
}

active [N] proctype ResourceManager() {
end:
  do
  :: d_step { !decided && (said & ME) -> heard = heard | ME }
  :: d_step { WORKS -> ready = ready | ME; said = said | ME }
  :: d_step { WORKS -> aborted = aborted | ME; CONSISTENT }
  :: d_step { sayCommit -> committed = committed | ME; ready = ready & ~ME; aborted = aborted & ~ME; CONSISTENT }
  :: d_step { sayAbort -> aborted = aborted | ME; ready = ready & ~ME; committed = committed & ~ME; CONSISTENT }
  od
}
