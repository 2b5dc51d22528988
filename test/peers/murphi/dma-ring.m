-- Peers | a ring of DMA buffers over a non-coherent cache in Murphi, the twin of test/models/dma-ring.ts.
-- States and rules fired: SIZE=2 1 920, 7 216; SIZE=4 86 976, 519 552; SIZE=6 1 700 352, 13 655 040.
-- A word is twice the parity of its round, plus one if the device wrote it.
const SIZE: 2;
type
  slot: 0..SIZE-1;
  word: 0..3;
var
  memory: array[slot] of word;
  line: array[slot] of enum { invalid, clean, dirty };
  cached: array[slot] of word; -- 0 while the line is invalid
  owner: array[slot] of enum { free, given, done };
  parity: array[slot] of 0..1;
  head, tail, served: slot;
  thread: enum { idle, stored, cleaned };
  handler: enum { off, looks, dropped };
  device: enum { waits, fetched, wrote };
  irq: boolean;

procedure drop(s: slot); begin line[s] := invalid; cached[s] := 0; end;
procedure fill(s: slot); begin line[s] := clean; cached[s] := memory[s]; end;

startstate begin
  for s: slot do
    memory[s] := 3; line[s] := invalid; cached[s] := 0; owner[s] := free; parity[s] := 0;
  end;
  head := 0; tail := 0; served := 0;
  thread := idle; handler := off; device := waits; irq := false;
end;

rule "store" handler = off & thread = idle & owner[head] = free ==> begin
  line[head] := dirty; cached[head] := 2 * parity[head]; thread := stored;
end;
rule "clean" handler = off & thread = stored ==> begin
  if line[head] = dirty then memory[head] := cached[head]; line[head] := clean; end;
  thread := cleaned;
end;
rule "doorbell" handler = off & thread = cleaned ==> begin
  owner[head] := given; head := (head + 1) % SIZE; thread := idle;
end;

rule "take" handler = off & irq ==> begin irq := false; handler := looks; end;
rule "drop" handler = looks & owner[tail] = done ==> begin drop(tail); handler := dropped; end;
rule "load" handler = dropped ==> begin
  if line[tail] = invalid then fill(tail); end;
  assert "S2" cached[tail] = 2 * parity[tail] + 1;
  owner[tail] := free; parity[tail] := 1 - parity[tail]; tail := (tail + 1) % SIZE; handler := looks;
end;
rule "return" handler = looks & owner[tail] != done ==> begin handler := off; end;

rule "fetch" device = waits & owner[served] = given ==> begin
  assert "S1" memory[served] = 2 * parity[served];
  device := fetched;
end;
rule "write" device = fetched ==> begin memory[served] := 2 * parity[served] + 1; device := wrote; end;
rule "complete" device = wrote ==> begin
  owner[served] := done; irq := true; served := (served + 1) % SIZE; device := waits;
end;

ruleset s: slot do
  rule "prefetch" line[s] = invalid ==> begin fill(s); end;
  rule "evict" line[s] != invalid ==> begin
    if line[s] = dirty then memory[s] := cached[s]; end;
    drop(s);
  end;
end;
