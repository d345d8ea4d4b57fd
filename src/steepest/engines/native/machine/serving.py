"""What the threads of the pool do, as text of LLVM: take parts, watch for jobs, sleep; and how they start."""

from __future__ import annotations

import signal

STACK = 8 * 2**20  # bytes; the least of the platforms' own choices is far too small for a kernel

# What goes wrong in a thread of ours must still end the process with a report; all other signals are for Python's.
_OWN_SIGNALS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP")

_SERVING = """
; take parts of a job until there is none: those of its own range in order, then the last ones of other ranges
define internal void @work(i32 %job, i32 %me) {{
entry:
  %owners = load atomic i32, ptr @owners monotonic, align 4
  br label %range
range:
  %before = phi i32 [0, %entry], [%mine, %next]
  %seen_ranges = phi i32 [0, %entry], [%seen_after, %next]
  %onward = add i32 %me, %seen_ranges
  %around = sub i32 %onward, %owners
  %is_around = icmp sge i32 %onward, %owners
  %which = select i1 %is_around, i32 %around, i32 %onward
  %wide = zext i32 %which to i64
  %place = getelementptr inbounds [128 x i8], ptr @ranges, i64 %wide
  %in_order = icmp eq i32 %seen_ranges, 0
  br label %look
look:
  %mine = phi i32 [%before, %range], [%mine, %take], [%mine_after, %call]
  %range_now = load atomic i64, ptr %place acquire, align 8
  %high = lshr i64 %range_now, 32
  %current = trunc i64 %high to i32
  %same = icmp eq i32 %current, %job
  br i1 %same, label %there, label %report
there:
  %front = and i64 %range_now, 65535
  %upper = lshr i64 %range_now, 16
  %back = and i64 %upper, 65535
  %left = icmp ult i64 %front, %back
  br i1 %left, label %take, label %next
take:
  %function = load atomic ptr, ptr @function monotonic, align 8
  %context = load atomic ptr, ptr @context monotonic, align 8
  %without_first = add i64 %range_now, 1
  %without_last = sub i64 %range_now, 65536
  %after = select i1 %in_order, i64 %without_first, i64 %without_last
  %last_part = sub i64 %back, 1
  %part = select i1 %in_order, i64 %front, i64 %last_part
  %seen = cmpxchg ptr %place, i64 %range_now, i64 %after acq_rel monotonic
  %taken = extractvalue {{i64, i1}} %seen, 1
  br i1 %taken, label %call, label %look
call:
  call void %function(ptr %context, i64 %part)
  %mine_after = add i32 %mine, 1
  br label %look
next:
  %seen_after = add i32 %seen_ranges, 1
  %are_more = icmp slt i32 %seen_after, %owners
  br i1 %are_more, label %range, label %report

report:
  %worked = icmp sgt i32 %mine, 0
  br i1 %worked, label %add, label %end
add:
  ; until this addition the job cannot end, so its number of parts is still there
  %target = load atomic i64, ptr @parts monotonic, align 8
  %done_before = atomicrmw add ptr @done, i32 %mine seq_cst
  %now = add i32 %done_before, %mine
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
  %me = add i32 %index, 1
  %asleep = getelementptr inbounds [128 x i8], ptr @asleep, i64 %wide
  %wake = getelementptr inbounds [128 x i8], ptr @wake, i64 %wide
  br label %read
read:
  %job = load atomic i32, ptr @job acquire, align 4
  %owners = load atomic i32, ptr @owners monotonic, align 4
  %wanted = icmp slt i32 %me, %owners
  br i1 %wanted, label %take, label %sleep
take:
  call void @work(i32 %job, i32 %me)
  br label %watch

watch:
  %round = phi i32 [0, %take], [%round_after, %watch_more]
  %next_job = load atomic i32, ptr @job monotonic, align 4
  %nothing = icmp eq i32 %next_job, %job
  br i1 %nothing, label %watch_more, label %read
watch_more:
  {pause}
  %round_after = add i32 %round, 1
  %patient = icmp slt i32 %round_after, {watches}
  br i1 %patient, label %watch, label %sleep

sleep:
  call i32 @pthread_mutex_lock(ptr @mutex)
  store atomic i32 1, ptr %asleep seq_cst, align 4
  br label %look
look:
  %job_now = load atomic i32, ptr @job seq_cst, align 4
  %still = icmp eq i32 %job_now, %job
  br i1 %still, label %doze, label %awake
doze:
  call i32 @pthread_cond_wait(ptr %wake, ptr @mutex)
  br label %look
awake:
  store atomic i32 0, ptr %asleep seq_cst, align 4
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


def serving(pause: str, watches: int) -> str:
    """The functions ``work``, ``serve`` and ``start``; a thread without work looks `watches` times before it sleeps."""
    own = [int(getattr(signal, name)) for name in _OWN_SIGNALS if hasattr(signal, name)]
    return _SERVING.format(
        pause=pause,
        watches=watches,
        stack=STACK,
        set_mask=int(signal.SIG_SETMASK),
        own_signals="\n".join(f"  call i32 @sigdelset(ptr %signals, i32 {number})" for number in own),
    )
