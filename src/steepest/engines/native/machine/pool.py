"""A pool of threads as a module of LLVM: one call has a function run for many parts, and returns when all are done.

    void run(void (*function)(void *context, int64 part), void *context, int64 parts)
    int64 count()                   the threads that run may use, with the caller's
    void allow(int32 others)        how many there may be besides the caller's; they start when first needed
    void reset()                    before first use, and in a forked child, where the threads of the parent are not
    int32 started()                 how many there are besides the caller's

The caller works too. Parts are dealt out one at a time: ``ticket`` holds the number of the job in its upper half and
the next part in its lower half, so that a part is taken with one compare-and-exchange, which fails for who comes late
from an earlier job. Who finds no part watches the ticket for a while (some 0.1 ms: what it takes to wake a processor
that has gone to sleep, and more than most of what lies between two jobs of a kernel), then sleeps. A caller who finds
the pool busy, from another thread or from inside a part, does the parts itself.

Sleeping: who goes to sleep says so and then looks once more at what it waits for; who brings it about does so and
then looks for sleepers; all four sequentially consistent, so one of the two sees the other (Dekker). A condition
variable is signalled by who holds the mutex, hence not before the sleeper waits for it.
"""

from __future__ import annotations

import signal

WATCHES = 4000  # looks at the ticket before sleeping; a pause takes 10 to 50 ns
STACK = 8 * 2**20  # bytes; the least of the platforms' own choices is far too small for a kernel

_PAUSES = {
    "x86_64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
}
_PAUSES["arm64"] = _PAUSES["aarch64"]

# What goes wrong in a thread of ours must still end the process with a report; all other signals are for Python's.
_OWN_SIGNALS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP")

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
@ticket = internal global i64 0, align 128
@done = internal global i32 0, align 128       ; parts of the job that are done
@waiting = internal global i32 0               ; whether the caller sleeps until they are
@busy = internal global i32 0, align 128
@function = internal global ptr null
@context = internal global ptr null
@parts = internal global i64 0
@others = internal global i32 0                ; threads there may be besides the caller's
@threads = internal global i32 0               ; threads there are
@sleepers = internal global i32 0, align 128
@mutex = internal global [128 x i8] zeroinitializer, align 128
@wake = internal global [128 x i8] zeroinitializer, align 128
@finished = internal global [128 x i8] zeroinitializer, align 128

declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_signal(ptr)
declare i32 @pthread_cond_broadcast(ptr)
declare i32 @pthread_attr_init(ptr)
declare i32 @pthread_attr_setstacksize(ptr, i64)
declare i32 @pthread_attr_destroy(ptr)
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)
declare i32 @sigfillset(ptr)
declare i32 @sigdelset(ptr, i32)
{pause_declaration}

define void @reset() {{
  call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  call i32 @pthread_cond_init(ptr @wake, ptr null)
  call i32 @pthread_cond_init(ptr @finished, ptr null)
  store i64 0, ptr @ticket
  store i64 0, ptr @parts
  store i32 0, ptr @done
  store i32 0, ptr @waiting
  store i32 0, ptr @threads
  store i32 0, ptr @sleepers
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

define void @run(ptr %function, ptr %context, i64 %parts) {{
entry:
  %others = load atomic i32, ptr @others monotonic, align 4
  %alone = icmp eq i32 %others, 0
  %one = icmp slt i64 %parts, 2
  %many = icmp ugt i64 %parts, 2147483647
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
  %threads = load atomic i32, ptr @threads monotonic, align 4
  %short = icmp slt i32 %threads, %others
  br i1 %short, label %hire, label %publish
hire:
  call void @start(i32 %others)
  br label %publish

publish:
  store atomic ptr %function, ptr @function monotonic, align 8
  store atomic ptr %context, ptr @context monotonic, align 8
  store atomic i64 %parts, ptr @parts monotonic, align 8
  store atomic i32 0, ptr @done monotonic, align 4
  %last_ticket = load atomic i64, ptr @ticket monotonic, align 8
  %last_job = lshr i64 %last_ticket, 32
  %job = add i64 %last_job, 1
  %first_ticket = shl i64 %job, 32
  store atomic i64 %first_ticket, ptr @ticket seq_cst, align 8
  %sleepers = load atomic i32, ptr @sleepers seq_cst, align 4
  %asleep = icmp sgt i32 %sleepers, 0
  br i1 %asleep, label %call_sleepers, label %join

call_sleepers:
  call i32 @pthread_mutex_lock(ptr @mutex)
  %parts32 = trunc i64 %parts to i32
  %to_call = sub i32 %parts32, 1
  %all = icmp sge i32 %to_call, %sleepers
  br i1 %all, label %call_all, label %call_one
call_all:
  call i32 @pthread_cond_broadcast(ptr @wake)
  br label %called
call_one:
  %left = phi i32 [%to_call, %call_sleepers], [%left_after, %call_one]
  call i32 @pthread_cond_signal(ptr @wake)
  %left_after = sub i32 %left, 1
  %call_more = icmp sgt i32 %left_after, 0
  br i1 %call_more, label %call_one, label %called
called:
  call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %join

join:
  %job32 = trunc i64 %job to i32
  call void @work(i32 %job32)
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

; take parts of a job until there is none
define internal void @work(i32 %job) {{
entry:
  br label %look
look:
  %mine = phi i32 [0, %entry], [%mine, %take], [%mine_after, %call]
  %ticket = load atomic i64, ptr @ticket acquire, align 8
  %high = lshr i64 %ticket, 32
  %current = trunc i64 %high to i32
  %same = icmp eq i32 %current, %job
  br i1 %same, label %there, label %report
there:
  %part = and i64 %ticket, 4294967295
  %parts = load atomic i64, ptr @parts monotonic, align 8
  %left = icmp ult i64 %part, %parts
  br i1 %left, label %take, label %report
take:
  %function = load atomic ptr, ptr @function monotonic, align 8
  %context = load atomic ptr, ptr @context monotonic, align 8
  %after = add i64 %ticket, 1
  %seen = cmpxchg ptr @ticket, i64 %ticket, i64 %after acq_rel monotonic
  %taken = extractvalue {{i64, i1}} %seen, 1
  br i1 %taken, label %call, label %look
call:
  call void %function(ptr %context, i64 %part)
  %mine_after = add i32 %mine, 1
  br label %look

report:
  %worked = icmp sgt i32 %mine, 0
  br i1 %worked, label %add, label %end
add:
  ; until this addition the job cannot end, so its number of parts is still there
  %target = load atomic i64, ptr @parts monotonic, align 8
  %before = atomicrmw add ptr @done, i32 %mine seq_cst
  %now = add i32 %before, %mine
  %target32 = trunc i64 %target to i32
  %last = icmp eq i32 %now, %target32
  br i1 %last, label %ask, label %end
ask:
  %waiting = load atomic i32, ptr @waiting seq_cst, align 4
  %sleeps = icmp ne i32 %waiting, 0
  br i1 %sleeps, label %tell, label %end
tell:
  call i32 @pthread_mutex_lock(ptr @mutex)
  call i32 @pthread_cond_signal(ptr @finished)
  call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %end
end:
  ret void
}}

; a thread of the pool; %number counts from 0
define internal ptr @serve(ptr %number) {{
entry:
  %wide = ptrtoint ptr %number to i64
  %index = trunc i64 %wide to i32
  br label %read
read:
  %ticket = load atomic i64, ptr @ticket acquire, align 8
  %high = lshr i64 %ticket, 32
  %job = trunc i64 %high to i32
  %others = load atomic i32, ptr @others monotonic, align 4
  %wanted = icmp slt i32 %index, %others
  br i1 %wanted, label %take, label %sleep
take:
  call void @work(i32 %job)
  br label %watch

watch:
  %round = phi i32 [0, %take], [%round_after, %watch_more]
  %next_ticket = load atomic i64, ptr @ticket monotonic, align 8
  %next_high = lshr i64 %next_ticket, 32
  %next_job = trunc i64 %next_high to i32
  %nothing = icmp eq i32 %next_job, %job
  br i1 %nothing, label %watch_more, label %read
watch_more:
  {pause}
  %round_after = add i32 %round, 1
  %patient = icmp slt i32 %round_after, {watches}
  br i1 %patient, label %watch, label %sleep

sleep:
  call i32 @pthread_mutex_lock(ptr @mutex)
  atomicrmw add ptr @sleepers, i32 1 seq_cst
  br label %look
look:
  %ticket_now = load atomic i64, ptr @ticket seq_cst, align 8
  %high_now = lshr i64 %ticket_now, 32
  %job_now = trunc i64 %high_now to i32
  %still = icmp eq i32 %job_now, %job
  br i1 %still, label %doze, label %awake
doze:
  call i32 @pthread_cond_wait(ptr @wake, ptr @mutex)
  br label %look
awake:
  atomicrmw sub ptr @sleepers, i32 1 seq_cst
  call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %read
}}

; have as many threads as are wanted, or as the system gives
define internal void @start(i32 %others) {{
entry:
  %thread = alloca i64, align 8
  %attributes = alloca [256 x i8], align 16
  %signals = alloca [256 x i8], align 16
  %old_signals = alloca [256 x i8], align 16
  call i32 @sigfillset(ptr %signals)
{own_signals}
  call i32 @pthread_sigmask(i32 {set_mask}, ptr %signals, ptr %old_signals)
  call i32 @pthread_attr_init(ptr %attributes)
  call i32 @pthread_attr_setstacksize(ptr %attributes, i64 {stack})
  %first = load atomic i32, ptr @threads monotonic, align 4
  br label %one
one:
  %index = phi i32 [%first, %entry], [%after, %created]
  %wide = zext i32 %index to i64
  %number = inttoptr i64 %wide to ptr
  %failure = call i32 @pthread_create(ptr %thread, ptr %attributes, ptr @serve, ptr %number)
  %failed = icmp ne i32 %failure, 0
  br i1 %failed, label %fewer, label %created
created:
  %after = add i32 %index, 1
  store atomic i32 %after, ptr @threads monotonic, align 4
  %more = icmp slt i32 %after, %others
  br i1 %more, label %one, label %end
fewer:
  store atomic i32 %index, ptr @others monotonic, align 4
  br label %end
end:
  call i32 @pthread_attr_destroy(ptr %attributes)
  call i32 @pthread_sigmask(i32 {set_mask}, ptr %old_signals, ptr null)
  ret void
}}
"""


def pool(triple: str) -> str | None:
    """The module for a platform; None where there are no POSIX threads."""
    if not hasattr(signal, "pthread_sigmask"):
        return None
    declaration, pause = _PAUSES.get(triple.partition("-")[0], ("", ""))
    own = [int(getattr(signal, name)) for name in _OWN_SIGNALS if hasattr(signal, name)]
    return _POOL.format(
        inline=_INLINE,
        pause_declaration=declaration,
        pause=pause,
        watches=WATCHES,
        stack=STACK,
        set_mask=int(signal.SIG_SETMASK),
        own_signals="\n".join(f"  call i32 @sigdelset(ptr %signals, i32 {number})" for number in own),
    )
