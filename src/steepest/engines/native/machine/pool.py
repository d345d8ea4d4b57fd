"""A pool of threads as a module of LLVM: one call has a function run for many parts, and returns when all are done.

    void run(void (*function)(void *context, int64 part), void *context, int64 parts)
    void run_short(…)               the same for so little work that it pays only if the others are awake
    int64 count()                   the threads that run may use, with the caller's
    void allow(int32 others)        how many there may be besides the caller's; they start when first needed
    void reset()                    before first use, and in a forked child, where the threads of the parent are not
    int32 started()                 how many there are besides the caller's

The caller works too. Each thread owns a range of the parts, the same one in the same job another time: what it read and
wrote then is near. It takes these in order, then the last ones of others' ranges. A word of each range has the number
of the job in its upper half, and in its lower half the range, so that a part is taken with one compare-and-exchange,
which fails for who comes late from an earlier job. Who finds no part watches for the next job for a while (some 0.1 ms:
what it takes to wake a processor that has gone to sleep, and more than most of what lies between two jobs of a kernel),
then sleeps. A caller who finds the pool busy, from another thread or from inside a part, does the parts itself.

To wake a thread takes the caller some 20 µs, and a thread that is awake takes up a part in less than 1 µs. So short
jobs wake nobody, unless eight in a row have begun soon after the one before: then more will follow.

Sleeping: who goes to sleep says so and then looks once more at what it waits for; who brings it about does so and
then looks who sleeps, of those that own a range; all four sequentially consistent, so one of the two sees the other
(Dekker). A condition variable is signalled by who holds the mutex, hence not before the sleeper waits for it.
"""

from __future__ import annotations

import signal
import time

from .cores import MOST
from .serving import serving

MOST_PARTS = 65535  # the ends of a range have 16 bits each
WATCHES = 4000  # looks for a job before sleeping; a pause takes 10 to 50 ns
DENSE = 100_000  # nanoseconds from the end of a short job to the next, up to which they are dense,
IN_A_ROW = 8  # and after so many it is worth waking threads

_PAUSES = {
    "x86_64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
}
_PAUSES["arm64"] = _PAUSES["aarch64"]

# All parts one after the other.
_INLINE = """
define internal void @inline(ptr %function, ptr %context, i64 %parts) {
entry:
  %some = icmp sgt i64 %parts, 0
  br i1 %some, label %loop, label %end
loop:
  %part = phi i64 [0, %entry], [%next, %loop]
  call void %function(ptr %context, i64 %part)
  %next = add i64 %part, 1
  %more = icmp slt i64 %next, %parts
  br i1 %more, label %loop, label %end
end:
  ret void
}
"""

INLINE = f"""{_INLINE}
define void @run(ptr %function, ptr %context, i64 %parts) {{
  call void @inline(ptr %function, ptr %context, i64 %parts)
  ret void
}}
define void @run_short(ptr %function, ptr %context, i64 %parts) {{
  call void @inline(ptr %function, ptr %context, i64 %parts)
  ret void
}}
define i64 @count() {{
  ret i64 1
}}
define void @allow(i32 %others) {{
  ret void
}}
define void @reset() {{
  ret void
}}
define i32 @started() {{
  ret i32 0
}}
"""

_POOL = """
; each group of words that different threads write on cache lines of its own
@job = internal global i32 0, align 128        ; its number
@owners = internal global i32 0                ; threads that own a range of its parts, with the caller's
@ranges = internal global [{most_threads} x [128 x i8]] zeroinitializer, align 128
@done = internal global i32 0, align 128       ; parts of the job that are done
@waiting = internal global i32 0               ; whether the caller sleeps until they are
@busy = internal global i32 0, align 128
@function = internal global ptr null
@context = internal global ptr null
@parts = internal global i64 0
@others = internal global i32 0                ; threads there may be besides the caller's
@threads = internal global i32 0               ; threads there are
@last_short = internal global i64 0            ; when the last short job ended that found too few awake,
@in_a_row = internal global i32 0              ; and how many began soon after another
@asleep = internal global [{most_threads} x [128 x i8]] zeroinitializer, align 128 ; 1 for each thread that sleeps
@mutex = internal global [128 x i8] zeroinitializer, align 128
@wake = internal global [{most_threads} x [128 x i8]] zeroinitializer, align 128   ; by which each is woken
@finished = internal global [128 x i8] zeroinitializer, align 128

declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_signal(ptr)
declare i32 @pthread_attr_init(ptr)
declare i32 @pthread_attr_setstacksize(ptr, i64)
declare i32 @pthread_attr_destroy(ptr)
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)
declare i32 @clock_gettime(i32, ptr)
declare i32 @sigfillset(ptr)
declare i32 @sigdelset(ptr, i32)
{pause_declaration}

declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define void @reset() {{
entry:
  call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  call i32 @pthread_cond_init(ptr @finished, ptr null)
  call void @llvm.memset.p0.i64(ptr @ranges, i8 0, i64 {ranges}, i1 false)
  call void @llvm.memset.p0.i64(ptr @asleep, i8 0, i64 {ranges}, i1 false)
  br label %one
one:
  %thread = phi i64 [0, %entry], [%after, %one]
  %wake = getelementptr inbounds [128 x i8], ptr @wake, i64 %thread
  call i32 @pthread_cond_init(ptr %wake, ptr null)
  %after = add i64 %thread, 1
  %more = icmp slt i64 %after, {most_threads}
  br i1 %more, label %one, label %words
words:
  store i32 0, ptr @job
  store i32 0, ptr @owners
  store i64 0, ptr @parts
  store i32 0, ptr @done
  store i32 0, ptr @waiting
  store i32 0, ptr @threads
  store i32 0, ptr @in_a_row
  store atomic i32 0, ptr @busy seq_cst, align 4
  ret void
}}

define void @allow(i32 %others) {{
  store atomic i32 %others, ptr @others monotonic, align 4
  ret void
}}

{inline}
define i64 @count() {{
  %others = load atomic i32, ptr @others monotonic, align 4
  %count = add i32 %others, 1
  %wide = zext i32 %count to i64
  ret i64 %wide
}}

define i32 @started() {{
  %threads = load atomic i32, ptr @threads monotonic, align 4
  ret i32 %threads
}}

define internal i64 @now() {{
  %time = alloca [2 x i64], align 8
  %nanoseconds = getelementptr inbounds i8, ptr %time, i64 8
  call i32 @clock_gettime(i32 {clock}, ptr %time)
  %whole = load i64, ptr %time, align 8
  %rest = load i64, ptr %nanoseconds, align 8
  %in_whole = mul i64 %whole, 1000000000
  %now = add i64 %in_whole, %rest
  ret i64 %now
}}

; whether this short job is one of many; who asks keeps the pool busy
define internal i1 @is_dense() {{
  %now = call i64 @now()
  %last = load atomic i64, ptr @last_short monotonic, align 8
  %since = sub i64 %now, %last
  %soon = icmp ult i64 %since, {dense}
  %before = load i32, ptr @in_a_row, align 4
  %one_more = add i32 %before, 1
  %in_a_row = select i1 %soon, i32 %one_more, i32 0
  store i32 %in_a_row, ptr @in_a_row, align 4
  %are_many = icmp sge i32 %in_a_row, {many}
  ret i1 %are_many
}}

; how many of the first so many threads are awake
define internal i32 @awake(i32 %useful) {{
entry:
  %threads = load atomic i32, ptr @threads monotonic, align 4
  %is_few = icmp slt i32 %threads, %useful
  %most = select i1 %is_few, i32 %threads, i32 %useful
  %some = icmp sgt i32 %most, 0
  br i1 %some, label %one, label %none
one:
  %k = phi i32 [0, %entry], [%after, %one]
  %before = phi i32 [0, %entry], [%count, %one]
  %wide = zext i32 %k to i64
  %place = getelementptr inbounds [128 x i8], ptr @asleep, i64 %wide
  %sleeps = load atomic i32, ptr %place seq_cst, align 4
  %up = sub i32 1, %sleeps
  %count = add i32 %before, %up
  %after = add i32 %k, 1
  %more = icmp slt i32 %after, %most
  br i1 %more, label %one, label %all
all:
  ret i32 %count
none:
  ret i32 0
}}

; wake the first so many threads
define internal void @call(i32 %useful) {{
entry:
  call i32 @pthread_mutex_lock(ptr @mutex)
  br label %one
one:
  %k = phi i32 [0, %entry], [%after, %one]
  %wide = zext i32 %k to i64
  %wake = getelementptr inbounds [128 x i8], ptr @wake, i64 %wide
  call i32 @pthread_cond_signal(ptr %wake)
  %after = add i32 %k, 1
  %more = icmp slt i32 %after, %useful
  br i1 %more, label %one, label %all
all:
  call i32 @pthread_mutex_unlock(ptr @mutex)
  ret void
}}

; the parts as ranges, one for each owner
define internal void @deal(i32 %job, i32 %parts, i32 %owners) {{
entry:
  %wide_job = zext i32 %job to i64
  %high = shl i64 %wide_job, 32
  br label %one
one:
  %k = phi i32 [0, %entry], [%after, %one]
  %begin = phi i32 [0, %entry], [%end, %one]
  %after = add i32 %k, 1
  %shares = mul i32 %after, %parts
  %end = udiv i32 %shares, %owners
  %upper = shl i32 %end, 16
  %low = or i32 %upper, %begin
  %wide_low = zext i32 %low to i64
  %range = or i64 %high, %wide_low
  %wide = zext i32 %k to i64
  %place = getelementptr inbounds [128 x i8], ptr @ranges, i64 %wide
  store atomic i64 %range, ptr %place release, align 8
  %more = icmp slt i32 %after, %owners
  br i1 %more, label %one, label %end_of_ranges
end_of_ranges:
  ret void
}}

define void @run(ptr %function, ptr %context, i64 %parts) {{
  call void @share(ptr %function, ptr %context, i64 %parts, i1 false)
  ret void
}}
define void @run_short(ptr %function, ptr %context, i64 %parts) {{
  call void @share(ptr %function, ptr %context, i64 %parts, i1 true)
  ret void
}}

define internal void @share(ptr %function, ptr %context, i64 %parts, i1 %short) {{
entry:
  %others = load atomic i32, ptr @others monotonic, align 4
  %alone = icmp eq i32 %others, 0
  %one = icmp slt i64 %parts, 2
  %many = icmp ugt i64 %parts, {most}
  %or = or i1 %alone, %one
  %directly = or i1 %or, %many
  br i1 %directly, label %inline, label %enter

enter:
  %seen = cmpxchg ptr @busy, i32 0, i32 1 acquire monotonic
  %entered = extractvalue {{i32, i1}} %seen, 1
  br i1 %entered, label %staff, label %inline

inline:
  call void @inline(ptr %function, ptr %context, i64 %parts)
  br label %end

staff:
  %parts32 = trunc i64 %parts to i32
  %helpers = sub i32 %parts32, 1
  %is_few = icmp slt i32 %helpers, %others
  %useful = select i1 %is_few, i32 %helpers, i32 %others
  %awake_before = call i32 @awake(i32 %useful)
  %too_few = icmp slt i32 %awake_before, %useful
  %doubtful = and i1 %short, %too_few
  br i1 %doubtful, label %weigh, label %count
weigh:
  %dense = call i1 @is_dense()
  br i1 %dense, label %count, label %decline
decline:
  store atomic i32 0, ptr @busy release, align 4
  call void @inline(ptr %function, ptr %context, i64 %parts)
  %end_of_it = call i64 @now()
  store atomic i64 %end_of_it, ptr @last_short monotonic, align 8
  br label %end
count:
  %threads = load atomic i32, ptr @threads monotonic, align 4
  %lacking = icmp slt i32 %threads, %others
  br i1 %lacking, label %hire, label %publish
hire:
  call void @start(i32 %others)
  br label %publish

publish:
  store atomic ptr %function, ptr @function monotonic, align 8
  store atomic ptr %context, ptr @context monotonic, align 8
  store atomic i64 %parts, ptr @parts monotonic, align 8
  store atomic i32 0, ptr @done monotonic, align 4
  %owners = add i32 %useful, 1
  store atomic i32 %owners, ptr @owners monotonic, align 4
  %last_job = load atomic i32, ptr @job monotonic, align 4
  %job = add i32 %last_job, 1
  call void @deal(i32 %job, i32 %parts32, i32 %owners)
  store atomic i32 %job, ptr @job seq_cst, align 4
  %awake_now = call i32 @awake(i32 %useful)
  %are_lacking = icmp slt i32 %awake_now, %useful
  br i1 %are_lacking, label %call_them, label %join
call_them:
  call void @call(i32 %useful)
  br label %join

join:
  call void @work(i32 %job, i32 0)
  %target = trunc i64 %parts to i32
  br label %watch

watch:
  %round = phi i32 [0, %join], [%round_after, %watch_more]
  %done = load atomic i32, ptr @done acquire, align 4
  %all_done = icmp eq i32 %done, %target
  br i1 %all_done, label %leave, label %watch_more
watch_more:
  {pause}
  %round_after = add i32 %round, 1
  %patient = icmp slt i32 %round_after, {watches}
  br i1 %patient, label %watch, label %sleep

sleep:
  call i32 @pthread_mutex_lock(ptr @mutex)
  store atomic i32 1, ptr @waiting seq_cst, align 4
  br label %look
look:
  %done_now = load atomic i32, ptr @done seq_cst, align 4
  %finished = icmp eq i32 %done_now, %target
  br i1 %finished, label %awake, label %doze
doze:
  call i32 @pthread_cond_wait(ptr @finished, ptr @mutex)
  br label %look
awake:
  store atomic i32 0, ptr @waiting seq_cst, align 4
  call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %leave

leave:
  store atomic i32 0, ptr @busy release, align 4
  br label %end
end:
  ret void
}}

{serving}
"""


def pool(triple: str) -> str | None:
    """The module for a platform; None where there are no POSIX threads."""
    if not hasattr(signal, "pthread_sigmask"):
        return None
    declaration, pause = _PAUSES.get(triple.partition("-")[0], ("", ""))
    return _POOL.format(
        inline=_INLINE,
        pause_declaration=declaration,
        pause=pause,
        watches=WATCHES,
        clock=int(time.CLOCK_MONOTONIC),
        dense=DENSE,
        many=IN_A_ROW,
        most=MOST_PARTS,
        most_threads=MOST,
        ranges=128 * MOST,
        serving=serving(pause, WATCHES),
    )
