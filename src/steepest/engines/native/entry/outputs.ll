; Where the kernel writes, and what becomes of it.

; A new array for each output that is one, a place in the scratch memory for each other, and how many were done: not all
; where memory is out.
define internal i64 @allocate(ptr %entry, ptr %api, ptr %objects, ptr %buffers, ptr %scratch) alwaysinline {
start:
  %count_at = getelementptr %Entry, ptr %entry, i32 0, i32 8, i32 0
  %count = load i64, ptr %count_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 8, i32 1
  %rows = load ptr, ptr %rows_at
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %done

one:
  %row = getelementptr %Output, ptr %rows, i64 %k
  %kind = load i64, ptr %row
  switch i64 %kind, label %number [ i64 0, label %array
                                    i64 5, label %array
                                    i64 8, label %large
                                    i64 9, label %large ]

number:
  %offset_at = getelementptr %Output, ptr %row, i32 0, i32 4
  %offset = load i64, ptr %offset_at
  %in_scratch = getelementptr i8, ptr %scratch, i64 %offset
  br label %next

array:
  %is_zeroed = icmp eq i64 %kind, 5
  %ordinary = call ptr @new_array(ptr %row, ptr %api, i1 %is_zeroed)
  br label %asked

large:
  %is_large_zeroed = icmp eq i64 %kind, 9
  %in_kept = call ptr @new_array_in_kept_memory(ptr %row, ptr %api, i1 %is_large_zeroed)
  br label %asked

asked:
  %object = phi ptr [ %ordinary, %array ], [ %in_kept, %large ]
  %refused = icmp eq ptr %object, null
  br i1 %refused, label %failed, label %made

made:
  %data_at = getelementptr %Array, ptr %object, i32 0, i32 2
  %data = load ptr, ptr %data_at
  br label %next

next:
  %place = phi ptr [ %in_scratch, %number ], [ %data, %made ]
  %kept = phi ptr [ null, %number ], [ %object, %made ]
  %object_at = getelementptr ptr, ptr %objects, i64 %k
  store ptr %kept, ptr %object_at
  %buffer_at = getelementptr ptr, ptr %buffers, i64 %k
  store ptr %place, ptr %buffer_at
  %k_next = add i64 %k, 1
  br label %more

done:
  ret i64 %count

failed:
  ret i64 %k
}

; Null with an exception set: out of memory.
define internal ptr @new_array(ptr %row, ptr %api, i1 %is_zeroed) alwaysinline {
start:
  %dtype_at = getelementptr %Output, ptr %row, i32 0, i32 1
  %dtype = load ptr, ptr %dtype_at
  %ndim_at = getelementptr %Output, ptr %row, i32 0, i32 2
  %ndim_wide = load i64, ptr %ndim_at
  %ndim = trunc i64 %ndim_wide to i32
  %shape_at = getelementptr %Output, ptr %row, i32 0, i32 3
  %shape = load ptr, ptr %shape_at
  %array_type_at = getelementptr %Api, ptr %api, i32 0, i32 8
  %array_type = load ptr, ptr %array_type_at
  %new_array_at = getelementptr %Api, ptr %api, i32 0, i32 9
  %new_array = load ptr, ptr %new_array_at
  %keep_at = getelementptr %Api, ptr %api, i32 0, i32 10
  %keep = load ptr, ptr %keep_at
  call void %keep(ptr %dtype)            ; the new array takes over a reference
  br i1 %is_zeroed, label %zeroed, label %unset

unset:
  %new = call ptr %new_array(ptr %array_type, ptr %dtype, i32 %ndim, ptr %shape, ptr null, ptr null, i32 0, ptr null)
  ret ptr %new

zeroed:
  %new_zeros_at = getelementptr %Api, ptr %api, i32 0, i32 18
  %new_zeros = load ptr, ptr %new_zeros_at
  %zeros = call ptr %new_zeros(i32 %ndim, ptr %shape, ptr %dtype, i32 0)
  ret ptr %zeros
}

; The same, in memory that is kept when the array goes. NumPy takes it from the handler that is set, and remembers with
; the array whose it is. Where somebody has set another than NumPy's own, that one is used.
define internal ptr @new_array_in_kept_memory(ptr %row, ptr %api, i1 %is_zeroed) noinline {
start:
  %set_at = getelementptr %Api, ptr %api, i32 0, i32 27
  %set = load ptr, ptr %set_at
  %get_at = getelementptr %Api, ptr %api, i32 0, i32 28
  %get = load ptr, ptr %get_at
  %numpys_at = getelementptr %Api, ptr %api, i32 0, i32 29
  %numpys = load ptr, ptr %numpys_at
  %ours_at = getelementptr %Output, ptr %row, i32 0, i32 5
  %ours = load ptr, ptr %ours_at
  %let_go_at = getelementptr %Api, ptr %api, i32 0, i32 17
  %let_go = load ptr, ptr %let_go_at
  %current = call ptr %get()
  %unknown = icmp eq ptr %current, null
  br i1 %unknown, label %failed, label %known

known:                                   ; it lives on: it is set
  call void %let_go(ptr %current)
  %is_numpys = icmp eq ptr %current, %numpys
  br i1 %is_numpys, label %change, label %leave

leave:
  %theirs = call ptr @new_array(ptr %row, ptr %api, i1 %is_zeroed)
  ret ptr %theirs

change:
  %before = call ptr %set(ptr %ours)
  %unchanged = icmp eq ptr %before, null
  br i1 %unchanged, label %failed, label %changed

changed:
  call void %let_go(ptr %before)
  %object = call ptr @new_array(ptr %row, ptr %api, i1 %is_zeroed)
  %between = call ptr %set(ptr %numpys)
  %not_back = icmp eq ptr %between, null
  br i1 %not_back, label %withdraw, label %back

back:
  call void %let_go(ptr %between)
  ret ptr %object

withdraw:                                ; an exception is set, and there is to be no result then
  %none = icmp eq ptr %object, null
  br i1 %none, label %failed, label %drop_it

drop_it:
  call void %let_go(ptr %object)
  br label %failed

failed:
  ret ptr null
}

; Whether each guard has the value that the trace saw.
define internal i1 @guards_hold(ptr %entry, ptr %scratch) alwaysinline {
start:
  %count_at = getelementptr %Entry, ptr %entry, i32 0, i32 10, i32 8
  %count = load i64, ptr %count_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 8, i32 1
  %rows = load ptr, ptr %rows_at
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %hold

one:
  %row = getelementptr %Output, ptr %rows, i64 %k
  %kind = load i64, ptr %row
  %offset_at = getelementptr %Output, ptr %row, i32 0, i32 4
  %offset = load i64, ptr %offset_at
  %value = getelementptr i8, ptr %scratch, i64 %offset
  %seen_at = getelementptr %Output, ptr %row, i32 0, i32 5
  %seen = load ptr, ptr %seen_at
  %items_at = getelementptr %Output, ptr %row, i32 0, i32 6
  %items = load i64, ptr %items_at
  br label %items_of_row

items_of_row:
  %i = phi i64 [ 0, %one ], [ %i_next, %item_holds ]
  %items_left = icmp slt i64 %i, %items
  br i1 %items_left, label %item, label %next

item:
  switch i64 %kind, label %next [ i64 2, label %of_bytes
                                  i64 3, label %of_doubles
                                  i64 4, label %of_floats ]

of_bytes:
  %byte_at = getelementptr i8, ptr %value, i64 %i
  %byte = load i8, ptr %byte_at
  %byte_seen_at = getelementptr i8, ptr %seen, i64 %i
  %byte_seen = load i8, ptr %byte_seen_at
  %same_byte = icmp eq i8 %byte, %byte_seen
  br i1 %same_byte, label %item_holds, label %other_path

of_doubles:
  %double_at = getelementptr double, ptr %value, i64 %i
  %double = load double, ptr %double_at
  %double_seen_at = getelementptr double, ptr %seen, i64 %i
  %double_seen = load double, ptr %double_seen_at
  %same_double = fcmp oeq double %double, %double_seen
  br i1 %same_double, label %item_holds, label %other_path

of_floats:
  %float_at = getelementptr float, ptr %value, i64 %i
  %float = load float, ptr %float_at
  %float_seen_at = getelementptr float, ptr %seen, i64 %i
  %float_seen = load float, ptr %float_seen_at
  %same_float = fcmp oeq float %float, %float_seen
  br i1 %same_float, label %item_holds, label %other_path

item_holds:
  %i_next = add i64 %i, 1
  br label %items_of_row

next:
  %k_next = add i64 %k, 1
  br label %more

hold:
  ret i1 true

other_path:
  ret i1 false
}

; NumPy scalars for the outputs of shape (). False: out of memory.
define internal i1 @box(ptr %entry, ptr %api, ptr %objects, ptr %scratch) alwaysinline {
start:
  %count_at = getelementptr %Entry, ptr %entry, i32 0, i32 8, i32 0
  %count = load i64, ptr %count_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 8, i32 1
  %rows = load ptr, ptr %rows_at
  %scalar_at = getelementptr %Api, ptr %api, i32 0, i32 7
  %scalar = load ptr, ptr %scalar_at
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %done

one:
  %row = getelementptr %Output, ptr %rows, i64 %k
  %kind = load i64, ptr %row
  %dtype_at = getelementptr %Output, ptr %row, i32 0, i32 1
  %dtype = load ptr, ptr %dtype_at
  %offset_at = getelementptr %Output, ptr %row, i32 0, i32 4
  %offset = load i64, ptr %offset_at
  %value = getelementptr i8, ptr %scratch, i64 %offset
  switch i64 %kind, label %next [ i64 1, label %any
                                  i64 6, label %float64 ]

any:
  %any_object = call ptr %scalar(ptr %value, ptr %dtype, ptr null)
  br label %made

float64:                                 ; the object of the last call, if the caller has let go of it
  %last_at = getelementptr %Output, ptr %row, i32 0, i32 6
  %last = load ptr, ptr %last_at
  %is_first = icmp eq ptr %last, null
  br i1 %is_first, label %fresh, label %counted

counted:
  %references = load i64, ptr %last
  %is_mine_alone = icmp eq i64 %references, 1
  br i1 %is_mine_alone, label %again, label %let_go_of_last

again:                                   ; one reference stays here, one is the caller's
  store i64 2, ptr %last
  br label %set

let_go_of_last:
  store ptr null, ptr %last_at
  %let_go_at = getelementptr %Api, ptr %api, i32 0, i32 17
  %let_go = load ptr, ptr %let_go_at
  call void %let_go(ptr %last)
  br label %fresh

fresh:                                   ; an object of the type in the place of the dtype
  %new_at = getelementptr %Output, ptr %row, i32 0, i32 5
  %new = load ptr, ptr %new_at
  %new_object = call ptr %new(ptr %dtype, i64 0)
  %no_object = icmp eq ptr %new_object, null
  br i1 %no_object, label %made, label %remember

remember:                                ; likewise
  store ptr %new_object, ptr %last_at
  %keep_at = getelementptr %Api, ptr %api, i32 0, i32 10
  %keep = load ptr, ptr %keep_at
  call void %keep(ptr %new_object)
  br label %set

set:                                     ; the value behind its head
  %float64_object = phi ptr [ %last, %again ], [ %new_object, %remember ]
  %number = load double, ptr %value
  %number_at = getelementptr %Array, ptr %float64_object, i32 0, i32 2
  store double %number, ptr %number_at
  br label %made

made:
  %object = phi ptr [ %any_object, %any ], [ null, %fresh ], [ %float64_object, %set ]
  %object_at = getelementptr ptr, ptr %objects, i64 %k
  store ptr %object, ptr %object_at
  %refused = icmp eq ptr %object, null
  br i1 %refused, label %failed, label %next

next:
  %k_next = add i64 %k, 1
  br label %more

done:
  ret i1 true

failed:
  ret i1 false
}
