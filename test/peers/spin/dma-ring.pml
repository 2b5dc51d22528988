/*
 * Peers | a ring of K DMA buffers over a non-coherent cache in Promela, the twin of test/models/dma-ring.ts.
 *
 * States and transitions: K=2 1 920, 7 216; K=4 86 976, 519 552; K=6 1 700 352, 13 655 040. SPIN prints one transition
 * more: it counts the initial state. A word is twice the parity of its round, plus one if the device wrote it.
 */
#ifndef K
#define K 2
#endif
#define INVALID 0
#define CLEAN 1
#define DIRTY 2
#define FREE 0
#define GIVEN 1
#define DONE 2
#define OFF 0
#define LOOKS 1
#define DROPPED 2

byte memory[K] = 3;
byte line[K], cached[K];  /* cached is 0 while the line is invalid */
byte owner[K];
bit parity[K];
byte head, tail, served;
byte handler;             /* the thread does not run while it does */
bit irq;

#define NEXT(slot) slot = (slot + 1) % K
#define DROP(slot) line[slot] = INVALID; cached[slot] = 0
#define WRITE_BACK(slot) if :: line[slot] == DIRTY -> memory[slot] = cached[slot]; line[slot] = CLEAN :: else fi
#define FILL(slot) line[slot] = CLEAN; cached[slot] = memory[slot]

active proctype Thread() {
end:
  do
  :: d_step { handler == OFF && owner[head] == FREE -> line[head] = DIRTY; cached[head] = 2 * parity[head] };
     d_step { handler == OFF -> WRITE_BACK(head) };
     d_step { handler == OFF -> owner[head] = GIVEN; NEXT(head) }
  od
}

active proctype Handler() {
end:
  do
  :: d_step { handler == OFF && irq -> irq = 0; handler = LOOKS }
  :: d_step { handler == LOOKS && owner[tail] == DONE -> DROP(tail); handler = DROPPED }
  :: d_step { handler == DROPPED ->
       if :: line[tail] == INVALID -> FILL(tail) :: else fi;
       assert(cached[tail] == 2 * parity[tail] + 1);
       owner[tail] = FREE; parity[tail] = 1 - parity[tail]; NEXT(tail); handler = LOOKS }
  :: d_step { handler == LOOKS && owner[tail] != DONE -> handler = OFF }
  od
}

active proctype Device() {
end:
  do
  :: d_step { owner[served] == GIVEN -> assert(memory[served] == 2 * parity[served]) };
     memory[served] = 2 * parity[served] + 1;
     d_step { owner[served] = DONE; irq = 1; NEXT(served) }
  od
}

active [K] proctype Line() {
#define MINE (_pid - 3)
end:
  do
  :: d_step { line[MINE] == INVALID -> FILL(MINE) }
  :: d_step { line[MINE] != INVALID ->
       if :: line[MINE] == DIRTY -> memory[MINE] = cached[MINE] :: else fi;
       DROP(MINE) }
  od
}
