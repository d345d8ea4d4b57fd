; Whether an entry is for this call.

; Where the data of each argument is, and how many have data; -1 if one does not fit.
define internal i64 @fit_arguments(ptr %entry, ptr %arguments, ptr %buffers) alwaysinline {
start:
  %count_at = getelementptr %Entry, ptr %entry, i32 0, i32 5, i32 0
  %count = load i64, ptr %count_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 5, i32 1
  %rows = load ptr, ptr %rows_at
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %filled = phi i64 [ 0, %start ], [ %filled_next, %next ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %fit

one:
  %given_at = getelementptr ptr, ptr %arguments, i64 %k
  %given = load ptr, ptr %given_at
  %row = getelementptr %Argument, ptr %rows, i64 %k
  %kind = load i64, ptr %row
  %first_at = getelementptr %Argument, ptr %row, i32 0, i32 1
  %first = load ptr, ptr %first_at
  %type_at = getelementptr %Array, ptr %given, i32 0, i32 1
  %type = load ptr, ptr %type_at
  switch i64 %kind, label %unfit [ i64 0, label %array
                                   i64 1, label %number
                                   i64 2, label %fixed ]

fixed:                                   ; a setting: the object it was
  %is_it = icmp eq ptr %given, %first
  br i1 %is_it, label %next, label %unfit

number:                                  ; a scalar whose value follows the head
  %second_at = getelementptr %Argument, ptr %row, i32 0, i32 2
  %second = load ptr, ptr %second_at
  %is_first = icmp eq ptr %type, %first
  %is_second = icmp eq ptr %type, %second
  %is_number = or i1 %is_first, %is_second
  %value = getelementptr %Array, ptr %given, i32 0, i32 2
  br i1 %is_number, label %put, label %unfit

array:                                   ; first the type: only then may fields be read
  %is_array = icmp eq ptr %type, %first
  br i1 %is_array, label %fields, label %unfit

fields:
  %dtype_at = getelementptr %Array, ptr %given, i32 0, i32 7
  %dtype = load ptr, ptr %dtype_at
  %wanted_dtype_at = getelementptr %Argument, ptr %row, i32 0, i32 3
  %wanted_dtype = load ptr, ptr %wanted_dtype_at
  %right_dtype = icmp eq ptr %dtype, %wanted_dtype
  %flags_at = getelementptr %Array, ptr %given, i32 0, i32 8
  %flags = load i32, ptr %flags_at
  %plain = and i32 %flags, 257           ; C-contiguous and aligned
  %is_plain = icmp eq i32 %plain, 257
  %ndim_at = getelementptr %Array, ptr %given, i32 0, i32 3
  %ndim = load i32, ptr %ndim_at
  %wanted_ndim_at = getelementptr %Argument, ptr %row, i32 0, i32 4
  %wanted_ndim = load i64, ptr %wanted_ndim_at
  %ndim_wide = sext i32 %ndim to i64
  %right_ndim = icmp eq i64 %ndim_wide, %wanted_ndim
  %two = and i1 %right_dtype, %is_plain
  %three = and i1 %two, %right_ndim
  %shape_at = getelementptr %Array, ptr %given, i32 0, i32 4
  %shape = load ptr, ptr %shape_at
  %wanted_shape_at = getelementptr %Argument, ptr %row, i32 0, i32 5
  %wanted_shape = load ptr, ptr %wanted_shape_at
  br i1 %three, label %axes, label %unfit

axes:
  %axis = phi i64 [ 0, %fields ], [ %axis_next, %axis_fits ]
  %more_axes = icmp slt i64 %axis, %ndim_wide
  br i1 %more_axes, label %one_axis, label %in_shape

one_axis:
  %length_at = getelementptr i64, ptr %shape, i64 %axis
  %length = load i64, ptr %length_at
  %wanted_length_at = getelementptr i64, ptr %wanted_shape, i64 %axis
  %wanted_length = load i64, ptr %wanted_length_at
  %same_length = icmp eq i64 %length, %wanted_length
  br i1 %same_length, label %axis_fits, label %unfit

axis_fits:
  %axis_next = add i64 %axis, 1
  br label %axes

in_shape:
  %data_at = getelementptr %Array, ptr %given, i32 0, i32 2
  %data = load ptr, ptr %data_at
  br label %put

put:
  %place = phi ptr [ %value, %number ], [ %data, %in_shape ]
  %buffer_at = getelementptr ptr, ptr %buffers, i64 %filled
  store ptr %place, ptr %buffer_at
  %filled_more = add i64 %filled, 1
  br label %next

next:
  %filled_next = phi i64 [ %filled_more, %put ], [ %filled, %fixed ]
  %k_next = add i64 %k, 1
  br label %more

fit:
  ret i64 %filled

unfit:
  ret i64 -1
}

; Whether what the trace read besides its arguments is still the same objects.
define internal i1 @conditions_hold(ptr %entry) alwaysinline {
start:
  %count_at = getelementptr %Entry, ptr %entry, i32 0, i32 6, i32 0
  %count = load i64, ptr %count_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 6, i32 1
  %rows = load ptr, ptr %rows_at
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %hold

one:
  %row = getelementptr %Condition, ptr %rows, i64 %k
  %kind = load i64, ptr %row
  %place_at = getelementptr %Condition, ptr %row, i32 0, i32 1
  %place = load ptr, ptr %place_at
  %expected_at = getelementptr %Condition, ptr %row, i32 0, i32 3
  %expected = load ptr, ptr %expected_at
  switch i64 %kind, label %read [ i64 1, label %look_up
                                  i64 2, label %version ]

version:
  %version_place = getelementptr %Condition, ptr %row, i32 0, i32 4
  %version_at = load ptr, ptr %version_place
  %now = load i64, ptr %version_at
  %seen_at = getelementptr %Condition, ptr %row, i32 0, i32 5
  %seen = load i64, ptr %seen_at
  %same_version = icmp eq i64 %now, %seen
  br i1 %same_version, label %next, label %look_up

read:
  %there = load ptr, ptr %place
  br label %compare

look_up:                                 ; the version is from before the lookup, in which a strange key may do anything
  %version_then = phi i64 [ 0, %one ], [ %now, %version ]
  %key_at = getelementptr %Condition, ptr %row, i32 0, i32 2
  %key = load ptr, ptr %key_at
  %api_at = getelementptr %Entry, ptr %entry, i32 0, i32 4
  %api = load ptr, ptr %api_at
  %get_at = getelementptr %Api, ptr %api, i32 0, i32 5
  %get = load ptr, ptr %get_at
  %in_the_dict = call ptr %get(ptr %place, ptr %key)
  %absent = icmp eq ptr %in_the_dict, null
  br i1 %absent, label %gone, label %compare

gone:                                    ; a lookup that fails may have set an exception
  %clear_at = getelementptr %Api, ptr %api, i32 0, i32 6
  %clear = load ptr, ptr %clear_at
  call void %clear()
  ret i1 false

compare:
  %found = phi ptr [ %there, %read ], [ %in_the_dict, %look_up ]
  %version_found = phi i64 [ 0, %read ], [ %version_then, %look_up ]
  %same = icmp eq ptr %found, %expected
  br i1 %same, label %holds, label %changed

holds:
  %is_of_version = icmp eq i64 %kind, 2
  br i1 %is_of_version, label %remember, label %next

remember:
  %seen_then_at = getelementptr %Condition, ptr %row, i32 0, i32 5
  store i64 %version_found, ptr %seen_then_at
  br label %next

next:
  %k_next = add i64 %k, 1
  br label %more

hold:
  ret i1 true

changed:
  ret i1 false
}
