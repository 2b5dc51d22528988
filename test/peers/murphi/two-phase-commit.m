-- Peers | two-phase commit in Murphi, the twin of test/models/two-phase-commit.ts.
-- 2^SIZE + 4^SIZE + 6^SIZE states; (4 SIZE/3) 6^SIZE + (SIZE+1) 4^SIZE + SIZE 2^SIZE + 1 rules fired.
const SIZE: 3;
type
  manager: 1..SIZE;
  place: enum { working, ready, committed, aborted };
  choice: enum { open, commit, abort };
var
  at: array[manager] of place;
  said, heard: array[manager] of boolean;
  decision: choice;
  sayCommit, sayAbort: boolean;

startstate begin
  for m: manager do at[m] := working; said[m] := false; heard[m] := false; end;
  decision := open; sayCommit := false; sayAbort := false;
end;

rule "commit" decision = open & forall m: manager do heard[m] end ==> begin
  decision := commit; sayCommit := true;
end;
rule "abort" decision = open ==> begin decision := abort; sayAbort := true; end;

ruleset m: manager do
  rule "hear" decision = open & said[m] ==> begin heard[m] := true; end;
  rule "prepare" at[m] = working ==> begin at[m] := ready; said[m] := true; end;
  rule "give up" at[m] = working ==> begin at[m] := aborted; end;
  rule "obey commit" sayCommit ==> begin at[m] := committed; end;
  rule "obey abort" sayAbort ==> begin at[m] := aborted; end;
end;

invariant "consistent"
  !((exists m: manager do at[m] = committed end) & (exists m: manager do at[m] = aborted end));
