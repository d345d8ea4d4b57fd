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
  %row = getelementptr %Argument, ptr %rows, i64 %k
  %from_at = getelementptr %Argument, ptr %row, i32 0, i32 6
  %from = load i64, ptr %from_at
  %given_at = getelementptr ptr, ptr %arguments, i64 %from
  %given = load ptr, ptr %given_at
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
  %fits = call i1 @array_fits(ptr %given, ptr %row)
  br i1 %fits, label %in_shape, label %unfit

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

; Whether an array has the element type and shape of a row, and is plain.
define internal i1 @array_fits(ptr %given, ptr %row) alwaysinline {
start:
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
  %axis = phi i64 [ 0, %start ], [ %axis_next, %axis_fits ]
  %more_axes = icmp slt i64 %axis, %ndim_wide
  br i1 %more_axes, label %one_axis, label %fit

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

fit:
  ret i1 true

unfit:
  ret i1 false
}

; Whether what the trace read besides its arguments is still the same objects.
define internal i1 @conditions_hold(ptr %entry) noinline {
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
                                  i64 2, label %version
                                  i64 3, label %content ]

content:                                 ; an array, which somebody may have written into
  %unchanged = call i1 @has_content(ptr %row)
  br i1 %unchanged, label %next, label %changed

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

; Whether an array still is as it was, to the last bit of what is in it.
define internal i1 @has_content(ptr %row) noinline {
start:
  %array_at = getelementptr %Condition, ptr %row, i32 0, i32 1
  %array = load ptr, ptr %array_at
  %as_at = getelementptr %Condition, ptr %row, i32 0, i32 2
  %as = load ptr, ptr %as_at
  %kept_at = getelementptr %Condition, ptr %row, i32 0, i32 3
  %kept = load ptr, ptr %kept_at
  %bytes_at = getelementptr %Condition, ptr %row, i32 0, i32 5
  %bytes = load i64, ptr %bytes_at
  %fits = call i1 @array_fits(ptr %array, ptr %as)
  br i1 %fits, label %open, label %other

open:
  %data_at = getelementptr %Array, ptr %array, i32 0, i32 2
  %data = load ptr, ptr %data_at
  %blocks_end = and i64 %bytes, -64
  br label %blocks

blocks:
  %at = phi i64 [ 0, %open ], [ %at_next, %block ]
  %differences = phi <8 x i64> [ zeroinitializer, %open ], [ %all, %block ]
  %in_blocks = icmp slt i64 %at, %blocks_end
  br i1 %in_blocks, label %block, label %sum_up

block:
  %there = getelementptr i8, ptr %data, i64 %at
  %here = getelementptr i8, ptr %kept, i64 %at
  %now = load <8 x i64>, ptr %there, align 1
  %then = load <8 x i64>, ptr %here, align 1
  %unlike = xor <8 x i64> %now, %then
  %all = or <8 x i64> %differences, %unlike
  %at_next = add i64 %at, 64
  br label %blocks

sum_up:
  %any = call i64 @llvm.vector.reduce.or.v8i64(<8 x i64> %differences)
  %none = icmp eq i64 %any, 0
  br i1 %none, label %rest, label %other

rest:
  %k = phi i64 [ %blocks_end, %sum_up ], [ %k_next, %byte ]
  %left = icmp slt i64 %k, %bytes
  br i1 %left, label %byte, label %same

byte:
  %byte_there = getelementptr i8, ptr %data, i64 %k
  %byte_here = getelementptr i8, ptr %kept, i64 %k
  %byte_now = load i8, ptr %byte_there
  %byte_then = load i8, ptr %byte_here
  %k_next = add i64 %k, 1
  %like = icmp eq i8 %byte_now, %byte_then
  br i1 %like, label %rest, label %other

same:
  ret i1 true

other:
  ret i1 false
}
