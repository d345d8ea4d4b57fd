; One entry: whether it fits, and then the kernel.

; The result by one entry, null with an exception set, or 1 where it declines.
define internal ptr @attempt(ptr %entry, ptr %arguments, i64 %count) noinline {
start:
  %expected_at = getelementptr %Entry, ptr %entry, i32 0, i32 12
  %expected = load i64, ptr %expected_at
  %same_count = icmp eq i64 %count, %expected
  br i1 %same_count, label %look, label %decline

look:
  %parts_count_at = getelementptr %Entry, ptr %entry, i32 0, i32 11, i32 0
  %parts_count = load i64, ptr %parts_count_at
  %flat = icmp eq i64 %parts_count, 0
  br i1 %flat, label %ready, label %open

open:                                    ; the containers may change meanwhile: what was in them is held
  %objects_count_at = getelementptr %Entry, ptr %entry, i32 0, i32 13
  %objects_count = load i64, ptr %objects_count_at
  %objects = alloca ptr, i64 %objects_count
  %bytes = mul i64 %count, 8
  call void @llvm.memcpy.p0.p0.i64(ptr %objects, ptr %arguments, i64 %bytes, i1 false)
  %api_at = getelementptr %Entry, ptr %entry, i32 0, i32 4
  %api = load ptr, ptr %api_at
  %known = call i64 @take_apart(ptr %entry, ptr %api, ptr %objects)
  %whole = icmp eq i64 %known, %objects_count
  br i1 %whole, label %ready, label %let_go

ready:
  %list = phi ptr [ %arguments, %look ], [ %objects, %open ]
  %of = phi ptr [ null, %look ], [ %api, %open ]
  %all = phi ptr [ null, %look ], [ %objects, %open ]
  %sum = phi i64 [ 0, %look ], [ %known, %open ]
  %answer = call ptr @answer(ptr %entry, ptr %list)
  br i1 %flat, label %done, label %let_go

done:
  ret ptr %answer

let_go:
  %outcome = phi ptr [ %answer, %ready ], [ getelementptr (i8, ptr null, i64 1), %open ]
  %api_then = phi ptr [ %of, %ready ], [ %api, %open ]
  %taken = phi ptr [ %all, %ready ], [ %objects, %open ]
  %number = phi i64 [ %sum, %ready ], [ %known, %open ]
  %held = getelementptr ptr, ptr %taken, i64 %count
  %held_count = sub i64 %number, %count
  call void @drop(ptr %api_then, ptr %held, i64 %held_count)
  ret ptr %outcome

decline:
  ret ptr getelementptr (i8, ptr null, i64 1)
}

; The same for arguments without their containers.
define internal ptr @answer(ptr %entry, ptr %arguments) alwaysinline {
start:
  %leaves_count_at = getelementptr %Entry, ptr %entry, i32 0, i32 5, i32 0
  %leaves_count = load i64, ptr %leaves_count_at
  %constants_count_at = getelementptr %Entry, ptr %entry, i32 0, i32 7, i32 0
  %constants_count = load i64, ptr %constants_count_at
  %outputs_count_at = getelementptr %Entry, ptr %entry, i32 0, i32 8, i32 0
  %outputs_count = load i64, ptr %outputs_count_at
  %before_outputs = add i64 %leaves_count, %constants_count
  %buffers_count = add i64 %before_outputs, %outputs_count
  %buffers = alloca ptr, i64 %buffers_count
  %inputs_count = call i64 @fit_arguments(ptr %entry, ptr %arguments, ptr %buffers)
  %fits = icmp sge i64 %inputs_count, 0
  br i1 %fits, label %look, label %decline

look:
  %holds = call i1 @conditions_hold(ptr %entry)
  br i1 %holds, label %fill, label %decline

fill:
  %api_at = getelementptr %Entry, ptr %entry, i32 0, i32 4
  %api = load ptr, ptr %api_at
  %constants_at = getelementptr %Entry, ptr %entry, i32 0, i32 7, i32 1
  %constants = load ptr, ptr %constants_at
  %constants_to = getelementptr ptr, ptr %buffers, i64 %inputs_count
  %has_constants = icmp ne i64 %constants_count, 0
  br i1 %has_constants, label %copy_constants, label %reserve

copy_constants:
  %constants_bytes = mul i64 %constants_count, 8
  call void @llvm.memcpy.p0.p0.i64(ptr %constants_to, ptr %constants, i64 %constants_bytes, i1 false)
  br label %reserve

reserve:
  %outputs_to = getelementptr ptr, ptr %constants_to, i64 %constants_count
  %objects = alloca ptr, i64 %outputs_count
  %scratch_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 3
  %scratch_bytes = load i64, ptr %scratch_at
  %scratch = alloca i8, i64 %scratch_bytes, align 16
  %allocated = call i64 @allocate(ptr %entry, ptr %api, ptr %objects, ptr %outputs_to, ptr %scratch)
  %all_allocated = icmp eq i64 %allocated, %outputs_count
  br i1 %all_allocated, label %memory, label %fail

memory:
  %workspace_bytes_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 4
  %workspace_bytes = load i64, ptr %workspace_bytes_at
  %small = icmp ule i64 %workspace_bytes, 16384
  br i1 %small, label %on_stack, label %on_heap

on_stack:
  %stack = alloca i8, i64 %workspace_bytes, align 64
  %status_of_short = call i32 @run(ptr %entry, ptr %api, ptr %buffers, ptr %stack)
  br label %judge

on_heap:
  %block = call ptr @take_workspace(ptr %entry, ptr %api, i64 %workspace_bytes)
  %no_block = icmp eq ptr %block, null
  br i1 %no_block, label %fail, label %compute

compute:
  %block_number = ptrtoint ptr %block to i64
  %past = add i64 %block_number, 63
  %aligned_number = and i64 %past, -64
  %aligned = inttoptr i64 %aligned_number to ptr
  %status_of_long = call i32 @run(ptr %entry, ptr %api, ptr %buffers, ptr %aligned)
  call void @give_workspace_back(ptr %entry, ptr %api, i64 %workspace_bytes, ptr %block)
  br label %judge

judge:                                   ; a routine may report what it cannot do in Python's way: then so will Python
  %status = phi i32 [ %status_of_short, %on_stack ], [ %status_of_long, %compute ]
  %raising_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 7
  %raising = load i64, ptr %raising_at
  %quiet = icmp eq i64 %raising, 0
  br i1 %quiet, label %look_at_status, label %ask_for_exception

ask_for_exception:
  %occurred_at = getelementptr %Api, ptr %api, i32 0, i32 19
  %occurred = load ptr, ptr %occurred_at
  %exception = call ptr %occurred()
  %no_exception = icmp eq ptr %exception, null
  br i1 %no_exception, label %look_at_status, label %clear_exception

clear_exception:
  %clear_at = getelementptr %Api, ptr %api, i32 0, i32 6
  %clear = load ptr, ptr %clear_at
  call void %clear()
  br label %withdraw

look_at_status:
  %declining_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 2
  %declining = load i64, ptr %declining_at
  %status_wide = zext i32 %status to i64
  %bad = and i64 %status_wide, %declining
  %good = icmp eq i64 %bad, 0
  br i1 %good, label %guards, label %withdraw

guards:
  %same_path = call i1 @guards_hold(ptr %entry, ptr %scratch)
  br i1 %same_path, label %finish, label %withdraw

finish:
  %boxed = call i1 @box(ptr %entry, ptr %api, ptr %objects, ptr %scratch)
  br i1 %boxed, label %assemble, label %fail

assemble:
  %result = call ptr @assemble(ptr %entry, ptr %api, ptr %objects, ptr %scratch)
  %only_one = icmp eq i64 %outputs_count, 1
  br i1 %only_one, label %look_at_one, label %drop_rest

look_at_one:                             ; mostly the result itself
  %one = load ptr, ptr %objects
  %taken = icmp eq ptr %one, null
  br i1 %taken, label %answer, label %drop_rest

drop_rest:
  call void @drop(ptr %api, ptr %objects, i64 %outputs_count)
  br label %answer

answer:
  %answered_at = getelementptr %Entry, ptr %entry, i32 0, i32 1
  %answered = load i64, ptr %answered_at
  %one_more = add i64 %answered, 1
  store i64 %one_more, ptr %answered_at
  ret ptr %result

withdraw:
  call void @drop(ptr %api, ptr %objects, i64 %outputs_count)
  br label %decline

decline:
  ret ptr getelementptr (i8, ptr null, i64 1)

fail:
  call void @drop(ptr %api, ptr %objects, i64 %allocated)
  ret ptr null
}

; Memory for the kernel; null with an exception set where there is none. One block is kept from call to call; a call
; beside another makes its own.
define internal ptr @take_workspace(ptr %entry, ptr %api, i64 %bytes) noinline {
start:
  %spare_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 5
  %spare = load ptr, ptr %spare_at
  store ptr null, ptr %spare_at
  %no_spare = icmp eq ptr %spare, null
  br i1 %no_spare, label %ask, label %have

ask:
  %malloc_at = getelementptr %Api, ptr %api, i32 0, i32 2
  %malloc = load ptr, ptr %malloc_at
  %with_slack = add i64 %bytes, 64
  %new = call ptr %malloc(i64 %with_slack)
  %refused = icmp eq ptr %new, null
  br i1 %refused, label %no_memory, label %have

no_memory:
  %no_memory_at = getelementptr %Api, ptr %api, i32 0, i32 4
  %set_no_memory = load ptr, ptr %no_memory_at
  call ptr %set_no_memory()
  ret ptr null

have:
  %block = phi ptr [ %spare, %start ], [ %new, %ask ]
  ret ptr %block
}

; The block is kept for the next call, or freed where there is one already or it is large.
define internal void @give_workspace_back(ptr %entry, ptr %api, i64 %bytes, ptr %block) noinline {
start:
  %spare_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 5
  %other = load ptr, ptr %spare_at
  %place_free = icmp eq ptr %other, null
  %moderate = icmp ule i64 %bytes, 67108864
  %to_be_kept = and i1 %place_free, %moderate
  br i1 %to_be_kept, label %keep, label %free

keep:
  store ptr %block, ptr %spare_at
  ret void

free:
  %free_at = getelementptr %Api, ptr %api, i32 0, i32 3
  %free_block = load ptr, ptr %free_at
  call void %free_block(ptr %block)
  ret void
}

define internal i32 @run(ptr %entry, ptr %api, ptr %buffers, ptr %workspace) alwaysinline {
start:
  %code_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 0
  %code = load ptr, ptr %code_at
  %externals_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 1
  %externals = load ptr, ptr %externals_at
  %long_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 6
  %long = load i64, ptr %long_at
  %is_short = icmp eq i64 %long, 0
  br i1 %is_short, label %short, label %without_gil

short:
  %status = call i32 %code(ptr %buffers, ptr %externals, ptr %workspace)
  ret i32 %status

without_gil:
  %save_at = getelementptr %Api, ptr %api, i32 0, i32 11
  %save = load ptr, ptr %save_at
  %restore_at = getelementptr %Api, ptr %api, i32 0, i32 12
  %restore = load ptr, ptr %restore_at
  %thread = call ptr %save()
  %late_status = call i32 %code(ptr %buffers, ptr %externals, ptr %workspace)
  call void %restore(ptr %thread)
  ret i32 %late_status
}
