"""Large blocks of memory as a module of LLVM: what is let go of is kept for who next wants about as much.

    handler                             a ``PyDataMem_Handler``, by which NumPy's arrays take such blocks (NEP 49)
    handler_kind                        what its capsule is to be called
    void keep_at_most(int64 bytes)      how much is kept; what is more goes back to the system
    void share(ptr run)                 by what threads share the clearing of a block, as `pool` has it
    int64 kept()                        how many bytes are

A block begins with its length, on a cache line of its own; what is given out follows. Fresh blocks are mapped, hence
zero. A block that was let go of stands in one of a few slots until it is taken or the oldest has to go. One that is
at most a quarter too long fits; of several the one let go of last is taken, which may be in the cache.

No lock: a slot is emptied by exchanging it with null, and who gets the block has it alone. What stands beside a slot
only says where to look: the length that counts is in the block. So there is nothing that a forked child could find
half done, and a block that another thread was just moving is lost there, no more.
"""

from __future__ import annotations

import mmap
import os

SLOTS = 16
SHORTEST = 2**20  # bytes: less, as `resize` may leave, is not kept
STREAMS = 10 * 2**20  # bytes: so much is cleared past the caches, where it would be evicted before it is read
PIECE = 2**21  # bytes of it that a thread clears at a time
LARGE_PAGES = 2**22  # bytes: NumPy too asks for large pages from here on
PAGE = 4096  # blocks are multiples; where pages are larger, the system rounds
_SIZES = {"slots": SLOTS, "shortest": SHORTEST, "streams": STREAMS, "piece": PIECE, "before_piece": PIECE - 1}
_SIZES |= {"page": PAGE, "head_and_page": 64 + PAGE - 1}

_BLOCKS = """
%Memory = type {{ [127 x i8], i8, ptr, ptr, ptr, ptr, ptr }}    ; name; version; context; the four routines

@handler = global %Memory {{ [127 x i8] c"steepest{rest_of_name}", i8 1, ptr null, ptr @malloc_block,
                             ptr @calloc_block, ptr @realloc_block, ptr @free_block }}
@handler_kind = constant [12 x i8] c"mem_handler\\00"

@slots = internal global [{slots} x ptr] zeroinitializer, align 64
@lengths = internal global [{slots} x i64] zeroinitializer, align 64   ; of the block in each slot, or of the last one
@times = internal global [{slots} x i64] zeroinitializer, align 64     ; when it came
@time = internal global i64 0, align 64
@bound = internal global i64 0
@run = internal global ptr null

declare ptr @mmap(ptr, i64, i32, i32, i32, i64)
declare i32 @munmap(ptr, i64)
declare i32 @madvise(ptr, i64, i32)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare i64 @llvm.umin.i64(i64, i64)
declare {{i64, i1}} @llvm.umul.with.overflow.i64(i64, i64)

; --- what NumPy calls -----------------------------------------------------------------------------------

define internal ptr @malloc_block(ptr %context, i64 %size) {{
  %block = call ptr @kept_or_fresh(i64 %size, i1 false)
  ret ptr %block
}}

define internal ptr @calloc_block(ptr %context, i64 %count, i64 %each) {{
start:
  %product = call {{i64, i1}} @llvm.umul.with.overflow.i64(i64 %count, i64 %each)
  %size = extractvalue {{i64, i1}} %product, 0
  %too_much = extractvalue {{i64, i1}} %product, 1
  br i1 %too_much, label %none, label %some
none:
  ret ptr null
some:
  %block = call ptr @kept_or_fresh(i64 %size, i1 true)
  ret ptr %block
}}

define internal void @free_block(ptr %context, ptr %data, i64 %size) {{
start:
  %nothing = icmp eq ptr %data, null
  br i1 %nothing, label %end, label %some
some:
  %block = getelementptr i8, ptr %data, i64 -64
  call void @keep(ptr %block)
  br label %end
end:
  ret void
}}

define internal ptr @realloc_block(ptr %context, ptr %data, i64 %size) {{
start:
  %nothing = icmp eq ptr %data, null
  br i1 %nothing, label %fresh, label %some
fresh:
  %first = call ptr @kept_or_fresh(i64 %size, i1 false)
  ret ptr %first
some:
  %block = getelementptr i8, ptr %data, i64 -64
  %length = load i64, ptr %block
  %wanted = call i64 @length_for(i64 %size)
  %stays = call i1 @fits(i64 %length, i64 %wanted)
  br i1 %stays, label %same, label %move
same:
  ret ptr %data
move:
  %new = call ptr @kept_or_fresh(i64 %size, i1 false)
  %refused = icmp eq ptr %new, null
  br i1 %refused, label %none, label %copy
none:
  ret ptr null
copy:
  %room = sub i64 %length, 64
  %bytes = call i64 @llvm.umin.i64(i64 %room, i64 %size)
  call void @llvm.memcpy.p0.p0.i64(ptr %new, ptr %data, i64 %bytes, i1 false)
  call void @keep(ptr %block)
  ret ptr %new
}}

; --- taking a block -------------------------------------------------------------------------------------

; With its head, in whole pages; 0: there is no such block.
define internal i64 @length_for(i64 %size) {{
  %more = add i64 %size, {head_and_page}
  %whole = and i64 %more, -{page}
  %possible = icmp ult i64 %size, 140737488355328    ; 2^47, the addresses of a process
  %length = select i1 %possible, i64 %whole, i64 0
  ret i64 %length
}}

define internal i1 @fits(i64 %length, i64 %wanted) alwaysinline {{
  %quarter = lshr i64 %wanted, 2
  %most = add i64 %wanted, %quarter
  %enough = icmp uge i64 %length, %wanted
  %close = icmp ule i64 %length, %most
  %both = and i1 %enough, %close
  ret i1 %both
}}

define internal ptr @kept_or_fresh(i64 %size, i1 %zeroed) {{
start:
  %wanted = call i64 @length_for(i64 %size)
  %impossible = icmp eq i64 %wanted, 0
  br i1 %impossible, label %none, label %look
look:
  %kept = call ptr @take(i64 %wanted)
  %absent = icmp eq ptr %kept, null
  br i1 %absent, label %ask, label %again
again:
  %again_data = getelementptr i8, ptr %kept, i64 64
  br i1 %zeroed, label %clear, label %give
clear:
  call void @clear(ptr %again_data, i64 %size)
  br label %give
give:
  ret ptr %again_data
ask:
  %fresh = call ptr @mmap(ptr null, i64 %wanted, i32 {protection}, i32 {flags}, i32 -1, i64 0)
  %address = ptrtoint ptr %fresh to i64
  %failed = icmp eq i64 %address, -1
  br i1 %failed, label %none, label %made
made:
{advice}
  store i64 %wanted, ptr %fresh
  %fresh_data = getelementptr i8, ptr %fresh, i64 64
  ret ptr %fresh_data
none:
  ret ptr null
}}

; The slot of the block that came last (direction 1) or first (-1), of those that fit or, for 0, of all; -1: none.
define internal i64 @slot(i64 %wanted, i64 %direction) alwaysinline {{
start:
  %whatever = icmp eq i64 %wanted, 0
  br label %look
look:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %best = phi i64 [ -1, %start ], [ %best_next, %next ]
  %best_rank = phi i64 [ -9223372036854775808, %start ], [ %best_rank_next, %next ]
  %more = icmp ult i64 %k, {slots}
  br i1 %more, label %one, label %found
one:
  %slot = getelementptr ptr, ptr @slots, i64 %k
  %there = load atomic ptr, ptr %slot monotonic, align 8
  %empty = icmp eq ptr %there, null
  br i1 %empty, label %next, label %judge
judge:
  %length_at = getelementptr i64, ptr @lengths, i64 %k
  %length = load atomic i64, ptr %length_at monotonic, align 8
  %time_at = getelementptr i64, ptr @times, i64 %k
  %time = load atomic i64, ptr %time_at monotonic, align 8
  %rank = mul i64 %time, %direction
  %close = call i1 @fits(i64 %length, i64 %wanted)
  %fitting = or i1 %whatever, %close
  %ahead = icmp sgt i64 %rank, %best_rank
  %better = and i1 %fitting, %ahead
  %k_or_best = select i1 %better, i64 %k, i64 %best
  %rank_or_best = select i1 %better, i64 %rank, i64 %best_rank
  br label %next
next:
  %best_next = phi i64 [ %best, %one ], [ %k_or_best, %judge ]
  %best_rank_next = phi i64 [ %best_rank, %one ], [ %rank_or_best, %judge ]
  %k_next = add i64 %k, 1
  br label %look
found:
  ret i64 %best
}}

; The block that fits and was let go of last; null if there is none.
define internal ptr @take(i64 %wanted) {{
start:
  %best = call i64 @slot(i64 %wanted, i64 1)
  %any = icmp sge i64 %best, 0
  br i1 %any, label %empty_it, label %none
empty_it:
  %best_slot = getelementptr ptr, ptr @slots, i64 %best
  %block = atomicrmw xchg ptr %best_slot, ptr null acq_rel
  %gone = icmp eq ptr %block, null
  br i1 %gone, label %none, label %verify
verify:                                  ; another thread may have put another one there
  %real_length = load i64, ptr %block
  %good = call i1 @fits(i64 %real_length, i64 %wanted)
  br i1 %good, label %have, label %put_back
put_back:
  call void @keep(ptr %block)
  ret ptr null
have:
  ret ptr %block
none:
  ret ptr null
}}

define void @share(ptr %run) {{
  store atomic ptr %run, ptr @run release, align 8
  ret void
}}

; Zeros over what is given out, and up to the end of the cache line.
define internal void @clear(ptr %data, i64 %size) {{
start:
  %long = icmp uge i64 %size, {streams}
  br i1 %long, label %past_caches, label %through_caches
through_caches:
  call void @llvm.memset.p0.i64(ptr align 64 %data, i8 0, i64 %size, i1 false)
  ret void
past_caches:
  %context = alloca {{ptr, i64}}, align 8
  %size_at = getelementptr i8, ptr %context, i64 8
  store ptr %data, ptr %context, align 8
  store i64 %size, ptr %size_at, align 8
  %run = load atomic ptr, ptr @run acquire, align 8
  %rest = add i64 %size, {before_piece}
  %pieces = udiv i64 %rest, {piece}
  call void %run(ptr @clear_piece, ptr %context, i64 %pieces)
  ret void
}}

define internal void @clear_piece(ptr %context, i64 %piece) {{
start:
  %data = load ptr, ptr %context, align 8
  %size_at = getelementptr i8, ptr %context, i64 8
  %size = load i64, ptr %size_at, align 8
  %begin = mul i64 %piece, {piece}
  %next_begin = add i64 %begin, {piece}
  %end_of_piece = call i64 @llvm.umin.i64(i64 %next_begin, i64 %size)
  br label %more
more:
  %at = phi i64 [ %begin, %start ], [ %at_next, %more ]
  %line = getelementptr i8, ptr %data, i64 %at
  store <8 x i64> zeroinitializer, ptr %line, align 64, !nontemporal !0
  %at_next = add i64 %at, 64
  %left = icmp ult i64 %at_next, %end_of_piece
  br i1 %left, label %more, label %end
end:                                     ; such stores are ordered by nothing less
  fence seq_cst
  ret void
}}

; --- letting go of it -----------------------------------------------------------------------------------

define internal void @keep(ptr %block) {{
start:
  %length = load i64, ptr %block
  %bound = load atomic i64, ptr @bound monotonic, align 8
  %small_enough = icmp ule i64 %length, %bound
  %large_enough = icmp uge i64 %length, {shortest}
  %wanted = and i1 %small_enough, %large_enough
  br i1 %wanted, label %look, label %give_back
give_back:
  call i32 @munmap(ptr %block, i64 %length)
  ret void
look:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ], [ 0, %full ]
  %more = icmp ult i64 %k, {slots}
  br i1 %more, label %one, label %full
one:
  %slot = getelementptr ptr, ptr @slots, i64 %k
  %swap = cmpxchg ptr %slot, ptr null, ptr %block acq_rel monotonic
  %stored = extractvalue {{ptr, i1}} %swap, 1
  br i1 %stored, label %describe, label %next
next:
  %k_next = add i64 %k, 1
  br label %look
full:
  call i1 @oldest_goes()
  br label %look
describe:
  %time = atomicrmw add ptr @time, i64 1 monotonic
  %length_at = getelementptr i64, ptr @lengths, i64 %k
  store atomic i64 %length, ptr %length_at monotonic, align 8
  %time_at = getelementptr i64, ptr @times, i64 %k
  store atomic i64 %time, ptr %time_at monotonic, align 8
  call void @trim(i64 %bound)
  ret void
}}

define internal void @trim(i64 %bound) {{
start:
  br label %look
look:
  %kept = call i64 @kept()
  %enough = icmp ule i64 %kept, %bound
  br i1 %enough, label %end, label %one_less
one_less:
  %went = call i1 @oldest_goes()
  br i1 %went, label %look, label %end
end:
  ret void
}}

; False: there is none.
define internal i1 @oldest_goes() {{
start:
  %oldest = call i64 @slot(i64 0, i64 -1)
  %any = icmp sge i64 %oldest, 0
  br i1 %any, label %empty_it, label %none
empty_it:
  %oldest_slot = getelementptr ptr, ptr @slots, i64 %oldest
  %block = atomicrmw xchg ptr %oldest_slot, ptr null acq_rel
  %gone = icmp eq ptr %block, null
  br i1 %gone, label %end, label %give_back
give_back:
  %length = load i64, ptr %block
  call i32 @munmap(ptr %block, i64 %length)
  br label %end
end:
  ret i1 true
none:
  ret i1 false
}}

define i64 @kept() {{
start:
  br label %look
look:
  %k = phi i64 [ 0, %start ], [ %k_next, %one ]
  %sum = phi i64 [ 0, %start ], [ %sum_next, %one ]
  %more = icmp ult i64 %k, {slots}
  br i1 %more, label %one, label %end
one:
  %slot = getelementptr ptr, ptr @slots, i64 %k
  %there = load atomic ptr, ptr %slot monotonic, align 8
  %empty = icmp eq ptr %there, null
  %length_at = getelementptr i64, ptr @lengths, i64 %k
  %length = load atomic i64, ptr %length_at monotonic, align 8
  %counts = select i1 %empty, i64 0, i64 %length
  %sum_next = add i64 %sum, %counts
  %k_next = add i64 %k, 1
  br label %look
end:
  ret i64 %sum
}}

define void @keep_at_most(i64 %bytes) {{
  store atomic i64 %bytes, ptr @bound monotonic, align 8
  call void @trim(i64 %bytes)
  ret void
}}

!0 = !{{i32 1}}
"""

_ADVICE = """
  %is_long = icmp uge i64 %wanted, {large_pages}
  br i1 %is_long, label %advise, label %ready
advise:
  call i32 @madvise(ptr %fresh, i64 %wanted, i32 {advice})   ; large pages, where the system has them
  br label %ready
ready:"""


def blocks() -> str | None:
    """The module for this platform; None where memory cannot be mapped."""
    if not hasattr(mmap, "MAP_ANONYMOUS"):
        return None
    advice = ""
    if hasattr(mmap, "MADV_HUGEPAGE") and os.environ.get("NUMPY_MADVISE_HUGEPAGE") != "0":
        advice = _ADVICE.format(large_pages=LARGE_PAGES, advice=int(mmap.MADV_HUGEPAGE))
    return _BLOCKS.format(
        rest_of_name="\\00" * (127 - len("steepest")),
        **_SIZES,
        protection=int(mmap.PROT_READ | mmap.PROT_WRITE),
        flags=int(mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS),
        advice=advice,
    )
